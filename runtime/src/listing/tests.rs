use crate::sample;

#[test]
fn the_sample_reads_well() {
    insta::assert_snapshot!(super::listing(&sample::image()));
}

#[test]
fn the_same_image_gives_the_same_text() {
    assert_eq!(super::listing(&sample::image()), super::listing(&sample::image()));
}

#[test]
fn a_change_of_one_journey_leaves_the_others_alone() {
    let mut image = sample::image();
    let before = super::listing(&image);
    image.journeys[0].priority = 9;
    let after = super::listing(&image);
    let part = |text: &str| text[text.find("journey winback").expect("it is there")..].to_string();
    assert_eq!(part(&before), part(&after));
}
