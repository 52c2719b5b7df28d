//! Compiles the parser that `tree-sitter generate` wrote of `grammar.js`, and its scanner.

fn main() {
    let sources = ["src/parser.c", "src/scanner.c"];
    cc::Build::new().std("c11").include("src").warnings(false).files(sources).compile("tree-sitter-journey");
    for source in sources {
        println!("cargo:rerun-if-changed={source}");
    }
}
