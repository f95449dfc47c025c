//! k9s skins (k9scli.io, "Skins") as themes: `k9s: {body, prompt, info, dialog, frame, views}`, anchors and all.
//!
//! A skin says how parts of k9s look, a theme what things mean: each role takes the colour of the part that means the
//! same. `default` is transparent in a skin and the terminal's own here.

mod names;

use std::fmt::Write as _;

use serde_json::Value;

use super::{measure, parse_color};

/// A palette name, where skins have it (the first found counts), and what it is for.
const COLORS: [(&str, &[&str]); 12] = [
    ("paper", &["body.bgColor", "views.table.bgColor"]),
    ("ink", &["body.fgColor", "views.table.fgColor"]),
    ("bright", &["info.sectionColor", "views.table.header.fgColor", "body.fgColor"]),
    ("grey", &["frame.status.completedColor", "frame.menu.fgColor"]),
    ("line", &["frame.border.fgColor"]),
    ("raised", &["views.table.cursorBgColor", "views.table.cursorColor", "views.xray.cursorColor"]),
    ("red", &["frame.status.errorColor", "frame.status.killColor"]),
    ("amber", &["frame.status.pendingColor", "frame.status.modifyColor", "frame.status.highlightColor"]),
    ("green", &["frame.status.addColor", "frame.status.newColor"]),
    ("blue", &["frame.border.focusColor", "frame.title.fgColor", "body.logoColor"]),
    ("cyan", &["frame.menu.keyColor", "frame.status.newColor"]),
    ("violet", &["frame.title.highlightColor", "frame.title.counterColor", "views.xray.graphicColor"]),
];

/// Roles that skins say directly.
const ROLES: [(&str, &[&str]); 4] = [
    ("syntax-key", &["views.yaml.keyColor"]),
    ("syntax-string", &["views.yaml.valueColor"]),
    ("title", &["frame.title.fgColor"]),
    ("selection", &["views.table.cursorFgColor"]),
];

/// Makes a theme file of a skin; with it, what could not be taken over or is worth a look.
pub fn from_k9s(text: &str) -> (String, Vec<String>) {
    let mut warnings = Vec::new();
    let skin: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| {
        warnings.push(format!("not YAML: {error}"));
        Value::Null
    });
    let Some(skin) = skin.get("k9s") else {
        warnings.push("not a k9s skin: there is no `k9s:` at its beginning".to_owned());
        return (String::from("inherits = \"dark\"\n"), warnings);
    };
    let skin = Skin { root: skin };
    let mut color = |paths: &[&str]| skin.color(paths, &mut warnings);
    let palette: Vec<(&str, String)> =
        COLORS.iter().filter_map(|(name, paths)| Some((*name, color(paths)?))).collect();
    let roles: Vec<(&str, String)> =
        ROLES.iter().filter_map(|(name, paths)| Some((*name, color(paths)?))).collect();
    let of = |wanted: &str| palette.iter().find(|(name, _)| *name == wanted).map(|(_, c)| c.as_str());
    let opaque = of("paper").filter(|c| *c != "default");
    let is_light = opaque
        .and_then(parse_color)
        .and_then(super::color::rgb)
        .is_some_and(|c| measure::luminance(c) > measure::LIGHT);
    let theme = write(&palette, &roles, opaque.is_some(), is_light);
    hard_to_read(&theme, &mut warnings);
    (theme, warnings)
}

struct Skin<'a> {
    root: &'a Value,
}

impl Skin<'_> {
    /// The first colour at one of some places, as theme files write it.
    fn color(&self, paths: &[&str], warnings: &mut Vec<String>) -> Option<String> {
        paths.iter().find_map(|path| {
            let value = path.split('.').try_fold(self.root, |at, name| at.get(name))?;
            let text = value.as_str()?.trim().to_lowercase();
            match text.as_str() {
                "" => None,
                "default" | "-" => Some("default".to_owned()),
                hex if hex.starts_with('#') && parse_color(hex).is_some() => Some(text),
                name => names::named(name).or_else(|| {
                    let said = format!("`{path}`: `{}` is not a colour", crate::model::text::one_line(name));
                    if !warnings.contains(&said) {
                        warnings.push(said);
                    }
                    None
                }),
            }
        })
    }
}

fn write(palette: &[(&str, String)], roles: &[(&str, String)], opaque: bool, is_light: bool) -> String {
    let base = if is_light { "light" } else { "dark" };
    let mut out = format!("# Made of a k9s skin.\n\ninherits = \"{base}\"\n\n[palette]\n");
    for (name, color) in palette {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name} = \"{color}\"");
        let same = match *name {
            "raised" => Some("raised-idle"),
            "red" => Some("prod"),
            "amber" => Some("staging"),
            "green" => Some("dev"),
            _ => None,
        };
        // A badge that is the terminal's own colour would be none.
        if let Some(same) = same.filter(|_| color != "default" && *name != "raised") {
            let _ = writeln!(out, "{same} = \"{color}\"");
        }
    }
    out.push_str("\n[roles]\n");
    if opaque {
        out.push_str("text = { fg = \"ink\", bg = \"paper\" }\n");
    }
    for (name, color) in roles {
        let _ = match *name {
            "selection" => writeln!(out, "selection = {{ fg = \"{color}\", bg = \"raised\" }}"),
            "title" => writeln!(out, "title = {{ fg = \"{color}\", bold = true }}"),
            _ => writeln!(out, "{name} = \"{color}\""),
        };
    }
    out
}

/// Says which roles have too little contrast, worst first.
fn hard_to_read(theme: &str, warnings: &mut Vec<String>) {
    let (theme, problems) = super::load(std::path::Path::new("skin.toml"), theme);
    warnings.extend(problems.iter().map(ToString::to_string));
    let mut low: Vec<_> = theme.written().into_iter().filter(|w| w.contrast < measure::DECORATION).collect();
    low.sort_by(|a, b| a.contrast.total_cmp(&b.contrast));
    let mut seen = Vec::new();
    for w in low {
        if !seen.contains(&w.role) {
            seen.push(w.role);
        }
    }
    if !seen.is_empty() {
        let names: Vec<_> = seen.iter().map(|r| r.name()).collect();
        warnings.push(format!("hard to read on the background or a selected row: {}", names.join(", ")));
    }
}

#[cfg(test)]
mod tests;
