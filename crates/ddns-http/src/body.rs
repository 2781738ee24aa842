//! Request bodies, bounded in size and time.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, PayloadConfig};
use actix_web::{Error, FromRequest, HttpRequest};
use ddns_core::policy;

use crate::dialect::{Dialect, Fault};

/// How long a caller may take for its request's body.
const LIMIT: Duration = Duration::from_secs(10);

/// The bound that the application carries.
pub(crate) fn limit() -> PayloadConfig {
    PayloadConfig::new(policy::BODY_MAX)
}

/// A whole body, whatever its `Content-Type`; a larger one is refused in the dialect's words.
pub(crate) struct Body<D> {
    bytes: Bytes,
    dialect: PhantomData<D>,
}

impl<D> Deref for Body<D> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<D: Dialect> FromRequest for Body<D> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Body<D>, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = timeout(LIMIT, bytes).await.map_err(|_| Fault::BodyBroken.error::<D>())?;
            let bytes = bytes.map_err(|error| fault(&error).error::<D>())?;
            Ok(Body { bytes, dialect: PhantomData })
        })
    }
}

fn fault(error: &Error) -> Fault {
    match error.as_error() {
        Some(PayloadError::Overflow) => Fault::BodyTooLarge,
        _ => Fault::BodyBroken,
    }
}
