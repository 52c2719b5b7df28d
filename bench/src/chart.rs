//! The picture of the results: a bar for each contestant, its length the logarithm of its ratio to the floor.

use crate::measure::Race;
use crate::table::short;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 330.0;
const LONGEST: f64 = 400.0;
const LINE: f64 = 20.0;

/// An SVG that is read on a light and on a dark page.
pub fn svg(races: &[Race]) -> String {
    let most = races
        .iter()
        .flat_map(|race| &race.lines)
        .map(|line| line.ratio)
        .filter(|ratio| ratio.is_finite())
        .fold(10.0, f64::max);
    let scale = |ratio: f64| LONGEST * (ratio.max(1.0).log10() / most.log10());
    let mut body = String::new();
    let mut y = 34.0;
    for race in races {
        let _ = writeln!(body, r#"<text class="title" x="0" y="{y}">{}</text>"#, plain(&race.title));
        y += 10.0;
        let top = y;
        for line in &race.lines {
            let (length, middle) = (scale(line.ratio), y + LINE / 2.0 + 4.0);
            let _ = writeln!(
                body,
                r#"<text x="{}" y="{middle}" text-anchor="end">{}</text>"#,
                LEFT - 8.0,
                plain(&line.name)
            );
            let _ = writeln!(
                body,
                r#"<rect class="{}" x="{LEFT}" y="{}" width="{:.1}" height="{}" rx="2"/>"#,
                line.kind,
                y + 3.0,
                length.max(2.0),
                LINE - 6.0
            );
            let _ = writeln!(
                body,
                r#"<text class="number" x="{:.1}" y="{middle}">{} × · {} ns</text>"#,
                LEFT + length.max(2.0) + 6.0,
                short(line.ratio),
                short(line.ns)
            );
            y += LINE;
        }
        for power in 0..=most.log10() as i32 {
            let x = LEFT + scale(10f64.powi(power));
            let _ = writeln!(body, r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{top}" y2="{y}"/>"#);
        }
        y += 34.0;
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="system-ui, sans-serif" font-size="12.5">
<style>
text {{ fill: #1f2328 }} .title {{ font-weight: 600; font-size: 14px }} .number {{ fill: #59636e }}
.floor {{ fill: #8c959f }} .hand {{ fill: #c5ccd3 }} .journey {{ fill: #1a7f64 }} .peer {{ fill: #bf6a02 }} .grid {{ stroke: #8c959f; stroke-opacity: .35 }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }} .number {{ fill: #9198a1 }} .hand {{ fill: #4d5661 }} .journey {{ fill: #3fb68b }} .peer {{ fill: #e0913c }}
}}
</style>
<text class="number" x="0" y="12">Times the floor (shorter is faster; each line of the grid is ten times the one before): grey by hand, green Journey, orange others.</text>
{body}</svg>
"##
    )
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
