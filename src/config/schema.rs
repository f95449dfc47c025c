//! The configuration as a JSON schema, for editors that complete and check TOML by one.

use schemars::generate::SchemaSettings;

use super::Config;

/// The schema, drawn from the types that are read: what it says is what is accepted.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "vigie.toml".into());
    schema.insert("description".to_owned(), "The configuration of vigie.".into());
    serde_json::to_string_pretty(&schema).map_or_else(|e| e.to_string(), |text| text + "\n")
}
