//! Which lines of a log file have to be decoded.
//!
//! Most lines of a commit are of no interest to the question at hand: they are found by the name
//! of their action, without looking at the rest:
//! ```text
//! {"commitInfo":{"timestamp":1700000000000,"operation":"WRITE", … }}
//!  ^ a known action, not asked for, and no other name anywhere: skipped
//! ```
//! Whatever looks unusual is decoded, so that damage is found where it is.

use memchr::memmem::Finder;

/// The actions of the Delta protocol. Source: Delta protocol, "Actions".
const ACTIONS: [&str; 10] = [
    "add",
    "remove",
    "commitInfo",
    "metaData",
    "protocol",
    "txn",
    "cdc",
    "domainMetadata",
    "checkpointMetadata",
    "sidecar",
];

pub struct LineFilter {
    asked: Vec<String>,
    /// `"name"` of each action asked for, and the start of an escaped ASCII character: a name may
    /// hide behind one.
    signs: Vec<Finder<'static>>,
}

impl LineFilter {
    pub fn new<'n>(asked: impl IntoIterator<Item = &'n str>) -> Self {
        let asked: Vec<_> = asked.into_iter().map(str::to_owned).collect();
        let names = asked.iter().map(|name| format!("\"{name}\""));
        let signs = names.chain([r"\u00".to_owned()]);
        Self {
            signs: signs.map(|sign| Finder::new(&sign).into_owned()).collect(),
            asked,
        }
    }

    /// False only for a line that holds no action asked for. `line` has no space around it.
    pub fn keeps(&self, line: &[u8]) -> bool {
        let Some(action) = first_name(line) else {
            return true;
        };
        if self.asked.iter().any(|name| name.as_bytes() == action) {
            return true;
        }
        let is_ordinary = line.ends_with(b"}}")
            && line[action.len() + 3..].starts_with(b":{")
            && ACTIONS.iter().any(|name| name.as_bytes() == action);
        !is_ordinary || self.signs.iter().any(|sign| sign.find(line).is_some())
    }
}

/// `name` of `{"name"`.
fn first_name(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"{\"")?;
    let end = memchr::memchr(b'"', rest)?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::LineFilter;

    fn keeps(line: &str) -> bool {
        LineFilter::new(["add", "remove"]).keeps(line.as_bytes())
    }

    #[test]
    fn an_action_asked_for_is_kept() {
        assert!(keeps(r#"{"add":{"path":"a"}}"#));
        assert!(keeps(r#"{"remove":{"path":"a"}}"#));
    }

    #[test]
    fn another_action_is_skipped() {
        assert!(!keeps(r#"{"commitInfo":{"operation":"WRITE"}}"#));
        assert!(!keeps(r#"{"txn":{"appId":"a","version":1}}"#));
    }

    #[test]
    fn an_action_that_comes_second_is_kept() {
        assert!(keeps(r#"{"commitInfo":{},"add":{"path":"a"}}"#));
    }

    #[test]
    fn an_escaped_name_is_kept() {
        assert!(keeps(r#"{"commitInfo":{},"\u0061dd":{"path":"a"}}"#));
        assert!(keeps(r#"{"\u0061dd":{"path":"a"}}"#));
    }

    #[test]
    fn what_looks_unusual_is_kept() {
        for line in [
            r#"{"commitInfo":{"operation":"WRI"#,
            r#"{"commitInfo" : {}}"#,
            r#"{"commitInfo":null}"#,
            r#"{"unheardOf":{}}"#,
            r#"{ "add":{}}"#,
            "{",
            "garbage",
        ] {
            assert!(keeps(line), "{line}");
        }
    }
}
