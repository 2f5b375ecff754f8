//! Nothing here: the tests compare `farebox_wire::mpp` with the crate `mpp`.
