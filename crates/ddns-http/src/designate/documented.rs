//! What many resources of this dialect have in common in the OpenAPI document.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::{IntoParams, IntoResponses};

use super::wrong::ErrorBody;

/// The path leads nowhere, or there is nothing there that this tenant sees.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({
    "code": 404, "message": "Could not find Domain", "request_id": "req-6d2f3c5a-0b6c-4f4e-9d3c-8f1f5a7a9f10",
    "type": "domain_not_found"
}))]
pub(super) struct Missing(ErrorBody);

/// The body is no JSON, is not as it should be, or a rule is against it. Nothing was changed.
#[derive(IntoResponses)]
#[response(status = 400, example = json!({
    "code": 400,
    "errors": [{ "path": "ttl", "message": "0 is less than the minimum of 1", "validator": "minimum" }],
    "message": "Provided object does not match schema",
    "request_id": "req-6d2f3c5a-0b6c-4f4e-9d3c-8f1f5a7a9f10",
    "type": "invalid_object"
}))]
pub(super) struct BadRequest(ErrorBody);

/// There is one already. Nothing was changed.
#[derive(IntoResponses)]
#[response(status = 409, example = json!({
    "code": 409, "message": "Duplicate Domain", "request_id": "req-6d2f3c5a-0b6c-4f4e-9d3c-8f1f5a7a9f10",
    "type": "duplicate_domain"
}))]
pub(super) struct Duplicate(ErrorBody);

/// The tenant holds as much as it may (`over_quota`), or the body is too large (`request_too_large`). Nothing was changed.
#[derive(IntoResponses)]
#[response(status = 413, example = json!({
    "code": 413, "request_id": "req-6d2f3c5a-0b6c-4f4e-9d3c-8f1f5a7a9f10", "type": "over_quota"
}))]
pub(super) struct OverQuota(ErrorBody);

/// The name server of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ServerId {
    /// The name server's id, with hyphens or without.
    #[param(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    server_id: String,
}

/// The TSIG key of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct KeyId {
    /// The key's id, with hyphens or without.
    #[param(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    tsigkey_id: String,
}

/// The tenant of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct TenantId {
    /// The account's id, with hyphens or without, or its login.
    #[param(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    tenant_id: String,
}

/// The domain of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct DomainId {
    /// The domain's id, with hyphens or without.
    #[param(example = "89acac79-38e7-497d-807c-a011e1310438")]
    domain_id: String,
}

/// The record of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RecordId {
    /// The record's id, with hyphens or without.
    #[param(example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    record_id: String,
}
