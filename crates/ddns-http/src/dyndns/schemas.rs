//! What a call's parameters look like, for the OpenAPI document; `report` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::{IntoParams, ToSchema};

/// Whose addresses are removed, and which.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteParams {
    /// The hosts, separated by commas; 20 at most.
    #[param(required, example = "home.dyn.example")]
    #[schema(required, example = "home.dyn.example")]
    hostname: String,
    /// An address of the family whose address is removed, or one of each, separated by a comma. Its other names are those of
    /// `/nic/update`.
    #[param(required = false, example = "0.0.0.0")]
    #[schema(required = false, example = "0.0.0.0")]
    myip: String,
}

/// What a router reports. Names of parameters, and the words below, have no case.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct UpdateParams {
    /// The hosts, separated by commas; 20 at most.
    #[param(required, example = "home.dyn.example")]
    #[schema(required, example = "home.dyn.example")]
    hostname: String,
    /// An address of either family, or one of each, separated by a comma. `preserve` leaves IPv4 alone, `0.0.0.0` and `::`
    /// remove that family's address. A family that is not mentioned stays as it is.
    #[param(required = false, example = "192.0.2.7")]
    #[schema(required = false, example = "192.0.2.7")]
    myip: String,
    /// The same as `myip`.
    #[param(required = false)]
    #[schema(required = false)]
    ip: String,
    /// The same as `myip`.
    #[param(required = false)]
    #[schema(required = false)]
    ipv4: String,
    /// The same as `myip`.
    #[param(required = false)]
    #[schema(required = false)]
    myipv4: String,
    /// An IPv6 address. `preserve` leaves IPv6 alone; an empty one beside an IPv4 address removes the IPv6 address.
    #[param(required = false, example = "2001:db8::7")]
    #[schema(required = false, example = "2001:db8::7")]
    myipv6: String,
    /// The same as `myipv6`.
    #[param(required = false)]
    #[schema(required = false)]
    ipv6: String,
    /// The same as `myipv6`.
    #[param(required = false)]
    #[schema(required = false)]
    ip6: String,
    /// The same as `myipv6`.
    #[param(required = false)]
    #[schema(required = false)]
    ip6addr: String,
    /// A delegated prefix of 48 to 64 bits, such as `2001:db8:1:2::/64`; one without a length is a /64. An IPv6 address with
    /// such a length in another parameter is a prefix, too. An empty one is a site that has none at present: hosts that have a
    /// suffix keep their IPv6 address.
    #[param(required = false)]
    #[schema(required = false)]
    ip6lanprefix: String,
    /// The same as `ip6lanprefix`.
    #[param(required = false)]
    #[schema(required = false)]
    ipv6prefix: String,
    /// `ON` or `OFF`: whether every name below the hosts has their address, too. Any other word changes nothing.
    #[param(required = false, example = "NOCHG")]
    #[schema(required = false, example = "NOCHG")]
    wildcard: String,
    /// `YES` or `NO`: whether the hosts are offline. Any other word changes nothing.
    #[param(required = false, example = "NO")]
    #[schema(required = false, example = "NO")]
    offline: String,
}
