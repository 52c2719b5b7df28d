//! Puts results into a page: between `<!-- measured: rule -->` and `<!-- end -->` stands what the last run has measured.

/// Replaces what stands under a mark. Fails when the page has no such mark.
pub fn fill(page: &str, mark: &str, text: &str) -> Result<String, String> {
    const END: &str = "<!-- end -->";
    let begin = format!("<!-- measured: {mark} -->");
    let missing = || format!("the page has no `{begin}` with an `{END}` behind it");
    let from = page.find(&begin).ok_or_else(missing)? + begin.len();
    let to = from + page[from..].find(END).ok_or_else(missing)?;
    Ok(format!("{}\n{}\n{}", &page[..from], text.trim(), &page[to..]))
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn what_stands_under_a_mark_is_replaced() {
        let page = "a\n<!-- measured: rule -->\nold\n<!-- end -->\nb\n";
        assert_eq!(fill(page, "rule", "new\n").unwrap(), "a\n<!-- measured: rule -->\nnew\n<!-- end -->\nb\n");
        assert!(fill(page, "step", "new").is_err());
    }
}
