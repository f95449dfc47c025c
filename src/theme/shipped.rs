//! The table of shipped themes.

macro_rules! table {
    ($($name:literal,)*) => {
        /// The shipped themes by name: the one that others stand on first, ours, then those that people know.
        pub const SHIPPED: [(&str, &str); [$($name),*].len()] =
            [$(($name, include_str!(concat!("../../themes/", $name, ".toml"))),)*];
    };
}

table! {
    "dark",
    "light",
    "high-contrast",
    "colorblind",
    "colorblind-light",
    "ansi",
    "catppuccin-latte",
    "catppuccin-mocha",
    "dracula",
    "gruvbox-dark",
    "monokai",
    "nord",
    "one-dark",
    "rose-pine",
    "solarized-dark",
    "solarized-light",
    "tokyo-night",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_table() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
        let mut files: Vec<_> = std::fs::read_dir(dir)
            .expect("a folder")
            .map(|f| f.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mut known = SHIPPED.map(|(name, _)| name);
        known.sort_unstable();
        assert_eq!(files, known);
    }
}
