//! How a pane of a workspace shows its list: order, columns, groups.

/// How a list is shown, where that is not the usual way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The kind of object, for lists of those: `certificates.cert-manager.io`.
    pub kind: String,
    /// By what it is sorted, with a leading `-` the other way round; empty for the usual order.
    pub sort: String,
    /// Whether the columns of the wide form are shown.
    pub wide: bool,
    /// The columns; none for those of the list.
    pub show: Option<Vec<String>>,
    /// By what it is grouped; empty for not at all.
    pub group: String,
}

impl Look {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
