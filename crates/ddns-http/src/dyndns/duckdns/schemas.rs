//! What DuckDNS's parameters look like, for the OpenAPI document.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::IntoParams;

/// DuckDNS's parameters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::dyndns) struct DuckParams {
    /// DuckDNS: the hosts, separated by commas; 20 at most. What has no dot is the first label of the one host that the token
    /// reaches.
    #[param(required = false, example = "home.dyn.example")]
    domains: String,
    /// DuckDNS: an API token.
    #[param(required = false, example = "0123456789abcdef0123456789abcdef01234567")]
    token: String,
    /// DuckDNS: a value at `_acme-challenge` below the one host that is named, in the place of addresses. The two newest ones
    /// stay.
    #[param(required = false)]
    txt: String,
    /// DuckDNS: `true` removes both addresses; with `txt` that value, and with an empty one all values.
    #[param(required = false)]
    clear: String,
    /// DuckDNS: `true` asks for an answer of several lines: `OK`; the addresses that the first host has now, IPv4 and then
    /// IPv6, or the text; and `UPDATED` or `NOCHANGE`.
    #[param(required = false)]
    verbose: String,
}
