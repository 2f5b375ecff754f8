//! Draws a badge.

use super::super::xml::legal;
use super::label::Label;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use std::io;

const HEIGHT: &str = "20";
/// Between a text and the end of its half, in pixels.
const PADDING: u32 = 6;
const SUBJECT_COLOR: &str = "#24292f";

type Xml = Writer<Vec<u8>>;

/// The picture.
///
/// # Errors
/// None that can be seen: a text in memory takes everything.
pub(super) fn draw(label: &Label) -> io::Result<Vec<u8>> {
    let left = width(label.subject) + 2 * PADDING;
    let right = width(&label.value) + 2 * PADDING;
    let whole = (left + right).to_string();
    let title = legal(&label.title);
    let mut xml = Writer::new(Vec::new());
    xml.create_element("svg")
        .with_attribute(("xmlns", "http://www.w3.org/2000/svg"))
        .with_attribute(("width", whole.as_str()))
        .with_attribute(("height", HEIGHT))
        .with_attribute(("role", "img"))
        .with_attribute(("aria-label", &*title))
        .write_inner_content(|xml| {
            xml.create_element("title").write_text_content(BytesText::new(&title))?;
            xml.create_element("clipPath").with_attribute(("id", "r")).write_inner_content(
                |xml| {
                    let corners = rectangle(xml, 0, left + right).with_attribute(("rx", "3"));
                    corners.write_empty().map(|_| ())
                },
            )?;
            xml.create_element("g").with_attribute(("clip-path", "url(#r)")).write_inner_content(
                |xml| {
                    rectangle(xml, 0, left)
                        .with_attribute(("fill", SUBJECT_COLOR))
                        .write_empty()?;
                    rectangle(xml, left, right)
                        .with_attribute(("fill", label.color))
                        .write_empty()?;
                    Ok(())
                },
            )?;
            xml.create_element("g")
                .with_attribute(("fill", "#fff"))
                .with_attribute(("font-family", "Verdana,Geneva,DejaVu Sans,sans-serif"))
                .with_attribute(("font-size", "11"))
                .write_inner_content(|xml| {
                    text(xml, PADDING, label.subject)?;
                    text(xml, left + PADDING, &label.value)
                })?;
            Ok(())
        })?;
    Ok(xml.into_inner())
}

fn rectangle(xml: &mut Xml, x: u32, width: u32) -> quick_xml::writer::ElementWriter<'_, Vec<u8>> {
    xml.create_element("rect")
        .with_attribute(("x", x.to_string().as_str()))
        .with_attribute(("width", width.to_string().as_str()))
        .with_attribute(("height", HEIGHT))
}

/// A text that is stretched to the width it was given room for, whatever font draws it.
fn text(xml: &mut Xml, x: u32, text: &str) -> io::Result<()> {
    xml.create_element("text")
        .with_attribute(("x", x.to_string().as_str()))
        .with_attribute(("y", "14"))
        .with_attribute(("textLength", width(text).to_string().as_str()))
        .with_attribute(("lengthAdjust", "spacingAndGlyphs"))
        .write_text_content(BytesText::new(text))?;
    Ok(())
}

/// About the width of a text in Verdana of 11 pixels, in pixels.
fn width(text: &str) -> u32 {
    let tenths = text.chars().map(|character| match character {
        'i' | 'j' | 'l' | 'I' => 31,
        'f' | 't' | 'r' | ' ' | '.' | ',' => 43,
        'm' | 'w' | 'W' | 'M' | '%' => 102,
        character if character.is_ascii_uppercase() => 76,
        _ => 67,
    });
    tenths.sum::<u32>().div_ceil(10)
}
