//! Query strings of links between pages.

use url::form_urlencoded;

/// The parameters of the home page as they came, without empty ones: a form sends every field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string.
    pub(crate) fn read(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without one parameter.
    pub(crate) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// The same with one parameter set.
    pub(crate) fn with(&self, name: &str, value: impl ToString) -> Self {
        let mut changed = self.without(name);
        changed.0.push((name.to_owned(), value.to_string()));
        changed
    }

    /// As a query string, without the question mark.
    pub(crate) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// As a link to the home page.
    pub(crate) fn home_link(&self) -> String {
        if self.is_empty() { "/".to_owned() } else { format!("/?{}", self.query()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_of_the_form_are_dropped() {
        let read = Parameters::read("q=a+b&health=&protocol=%20&page=2");
        assert_eq!(read.query(), "q=a+b&page=2");
        assert_eq!(read.with("page", 3).home_link(), "/?q=a+b&page=3");
        assert_eq!(Parameters::read("q=").home_link(), "/");
    }
}
