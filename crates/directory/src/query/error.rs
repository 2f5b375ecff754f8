//! A question that cannot be answered, and every reason why.

use farebox_wire::api_error::ErrorBody;

/// One parameter that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidParameter {
    /// Its name as the caller wrote it, cut and cleaned; empty where the whole is meant.
    pub name: String,
    /// What is wrong and what would be right; names the parameter.
    pub message: String,
}

/// Every parameter that is wrong, in the order they came; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .invalid.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct QueryError {
    /// The parameters.
    pub invalid: Vec<InvalidParameter>,
}

impl QueryError {
    /// As the API answers it, with status 400.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let mut body = ErrorBody::new("invalid_parameter", self.to_string());
        for one in &self.invalid {
            // What is wrong with the whole has no name.
            if !one.name.is_empty() && !body.error.parameters.contains(&one.name) {
                body.error.parameters.push(one.name.clone());
            }
        }
        body
    }
}
