//! The Lightning library's log, on the program's own.

use ldk_node::logger::{LogLevel, LogRecord, LogWriter};

/// Passes records on under the target `ldk`; the log filter may name it.
pub(super) struct ToTracing;

impl LogWriter for ToTracing {
    fn log(&self, record: LogRecord<'_>) {
        let LogRecord { level, args, module_path, .. } = record;
        match level {
            // The finest level shows message contents; nobody needs those of a money node.
            LogLevel::Gossip | LogLevel::Trace => {}
            LogLevel::Debug => tracing::debug!(target: "ldk", module_path, "{args}"),
            LogLevel::Info => tracing::info!(target: "ldk", module_path, "{args}"),
            LogLevel::Warn => tracing::warn!(target: "ldk", module_path, "{args}"),
            LogLevel::Error => tracing::error!(target: "ldk", module_path, "{args}"),
        }
    }
}
