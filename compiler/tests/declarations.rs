//! What is said about declarations: each file of `declarations/` with everything that is found in it.

use journey_compiler::testing;

const FILES: &[(&str, &str)] = &[
    (
        "reminder.html",
        "<p>Dear {{ profile.first_name otherwise 'friend' }},</p>\n<p>ä {{ cart.vlue }}: take {{ claim.discount }} off, or {{ claim.amount }}.</p>\n",
    ),
    (
        "bad.txt",
        "1 - Animals & Pet Supplies\n3237 - Animals & Pet Supplies > Live Animals\n166,\"Kleidung > Schuhe\"\n187,\"Kleidung > Schuhe!\"\n> Nothing\n3237 - Animals & Pet Supplies > Live Animals\n",
    ),
    ("fr.csv", "date,name\n2026-05-01,Fête du Travail\n2026-02-30,Jamais\n# moved\n26-12-25\n"),
    (
        "products.txt",
        "# Google_Product_Taxonomy_Version: 2021-09-21\n1 - Animals & Pet Supplies\n3237 - Animals & Pet Supplies > Live Animals\n2 - Animals & Pet Supplies > Pet Supplies\n3 - Animals & Pet Supplies > Pet Supplies > Bird Supplies\n166,\"Kleidung > Schuhe\"\n",
    ),
];

#[test]
fn declarations() {
    insta::glob!("declarations/*.journey", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let checked = testing::check(&text, FILES, journey_stdlib::packs());
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(testing::render(&checked));
        });
    });
}

#[test]
fn settings() {
    let settings = [
        "",
        "[project\n",
        "[project]\nname = 3\ntime_zone = \"Berlin\"\ncurrency = \"euro\"\n",
        "[project]\nname = 3\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n",
        "[project]\nnme = \"x\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n\n[rn]\nevents = \"x\"\n",
        "[project]\nname = \"x\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n\n[run]\nuntil = 3\nassume_reachble = []\n",
        "[project]\nname = \"x\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n\n[run]\nassume_consent = [\"news\", \"nws\"]\n",
    ];
    let found: Vec<String> = settings
        .iter()
        .map(|s| format!("--- {s:?}\n{}", testing::render(&testing::check_with(s, "purpose news \"News\"", &[], &[]))))
        .collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(found.join("\n"));
    });
}
