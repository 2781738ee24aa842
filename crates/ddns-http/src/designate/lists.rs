//! Lists, written as they are read: page after page from one snapshot, so that a long one takes no more memory than a short
//! one.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::{ConnectionType, Version};
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::sleep_until;
use actix_web::web::Bytes;
use ddns_core::policy;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::answers;
use super::wrong::Wrong;
use crate::params::Params;

/// Where a list begins and how much of it is wanted. The living server knows neither, and sends everything.
pub(super) struct Part {
    /// Behind the object with this id.
    pub(super) marker: Option<String>,
    limit: Option<usize>,
}

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what Part reads")]
pub(super) struct PartParams {
    /// At most so many; all without it.
    #[param(minimum = 1, maximum = 1000, example = 100)]
    limit: Option<u32>,
    /// Go on behind the object with this id.
    #[param(example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    marker: Option<String>,
}

impl Part {
    /// Reads `limit` and `marker`.
    ///
    /// # Errors
    /// [`Wrong::bad_request`] for a limit that is none.
    pub(super) fn of(query: &Params) -> Result<Part, Wrong> {
        let limit = query.last("limit").map(|limit| {
            let limit = limit.parse().ok().filter(|limit| (1..=policy::PAGE_MAX).contains(limit));
            limit.ok_or_else(|| Wrong::bad_request(format!("limit is 1 to {}", policy::PAGE_MAX)))
        });
        Ok(Part { marker: query.last("marker").map(str::to_owned), limit: limit.transpose()? })
    }
}

/// The list has no such object.
pub(super) fn no_such_marker() -> Wrong {
    Wrong::bad_request("marker is the id of an object in the list")
}

/// An object that holds the list under a name, for a request of that version of HTTP. `page` gives up to so many further
/// objects, and fewer only at the end.
pub(super) fn answer<T: Serialize>(
    version: Version,
    name: &'static str,
    part: &Part,
    page: impl FnMut(usize) -> Vec<T> + Unpin + 'static,
) -> HttpResponse {
    let mut list = List { page, left: part.limit, begun: false, ended: false };
    let mut first = format!("{{\"{name}\":[").into_bytes();
    list.write_page(&mut first);
    let mut answer = answers::fresh();
    answer.insert_header((CONTENT_TYPE, "application/json"));
    // What is short has a length: not every client understands what comes in parts.
    if list.ended {
        return answer.body(first);
    }
    let mut answer = answer.body(Streamed::new(first, list, policy::LIST_STALL));
    if version < Version::HTTP_11 {
        let head = answer.head_mut(); // Who does not know chunks reads until the connection ends.
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    answer
}

/// A list that is being written.
struct List<F> {
    page: F,
    /// How many are still wanted; none is all.
    left: Option<usize>,
    begun: bool,
    ended: bool,
}

impl<T: Serialize, F: FnMut(usize) -> Vec<T>> List<F> {
    fn write_page(&mut self, octets: &mut Vec<u8>) {
        let wanted = self.left.unwrap_or(policy::PAGE).min(policy::PAGE);
        let objects = (self.page)(wanted);
        for object in &objects {
            if self.begun {
                octets.push(b',');
            }
            self.begun = true;
            let text = serde_json::to_vec(object).unwrap_or_default(); // Cannot fail: no map of ours has keys that are not text.
            octets.extend(text);
        }
        self.left = self.left.map(|left| left.saturating_sub(objects.len()));
        if objects.len() < wanted || self.left == Some(0) {
            self.ended = true;
            octets.extend_from_slice(b"]}");
        }
    }
}

/// A body that is written while it is sent. Whoever takes nothing of it for long does not get the rest: what it is read from
/// would be kept for that.
struct Streamed<F> {
    first: Option<Bytes>,
    held: Rc<RefCell<Held<F>>>,
    watch: JoinHandle<()>,
}

/// A list while somebody takes it.
struct Held<F> {
    list: Option<List<F>>,
    taken: Instant,
}

impl<F: 'static> Streamed<F> {
    fn new(first: Vec<u8>, list: List<F>, stall: Duration) -> Streamed<F> {
        let held = Rc::new(RefCell::new(Held { list: Some(list), taken: Instant::now() }));
        let watch = rt::spawn(let_go(held.clone(), stall));
        Streamed { first: Some(Bytes::from(first)), held, watch }
    }
}

impl<F> Drop for Streamed<F> {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Ends a list of which nothing was taken for so long.
async fn let_go<F>(held: Rc<RefCell<Held<F>>>, stall: Duration) {
    loop {
        let end = held.borrow().taken.checked_add(stall).unwrap_or_else(Instant::now);
        if end <= Instant::now() {
            held.borrow_mut().list = None;
            return;
        }
        sleep_until(end).await;
    }
}

/// The caller took nothing for too long.
#[derive(Debug, thiserror::Error)]
#[error("nothing of the list was taken for too long")]
struct Stalled;

impl<T: Serialize, F: FnMut(usize) -> Vec<T> + Unpin + 'static> MessageBody for Streamed<F> {
    type Error = Stalled;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Stalled>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let mut held = self.held.borrow_mut();
        held.taken = Instant::now();
        let Some(list) = &mut held.list else { return Poll::Ready(Some(Err(Stalled))) };
        if list.ended {
            return Poll::Ready(None);
        }
        let mut octets = Vec::new();
        list.write_page(&mut octets);
        Poll::Ready(Some(Ok(Bytes::from(octets))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of numbers without end, and whether somebody still holds them.
    fn endless() -> (List<impl FnMut(usize) -> Vec<u32>>, Rc<()>) {
        let (held, kept) = (Rc::new(()), Rc::new(()));
        let kept_here = kept.clone();
        let page = move |wanted: usize| {
            let _held = (&held, &kept_here);
            vec![7; wanted]
        };
        (List { page, left: None, begun: false, ended: false }, kept)
    }

    fn next<F, T: Serialize>(body: &mut Streamed<F>) -> Option<Result<Bytes, Stalled>>
    where
        F: FnMut(usize) -> Vec<T> + Unpin + 'static,
    {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(body).poll_next(&mut context) {
            Poll::Ready(next) => next,
            Poll::Pending => panic!("a list never waits"),
        }
    }

    #[actix_web::test]
    async fn a_list_that_nobody_takes_is_let_go() {
        let (list, kept) = endless();
        let mut body = Streamed::new(b"[".to_vec(), list, Duration::from_millis(20));
        assert!(matches!(next(&mut body), Some(Ok(_))));
        assert!(matches!(next(&mut body), Some(Ok(_))));
        assert_eq!(Rc::strong_count(&kept), 2);
        while Rc::strong_count(&kept) > 1 {
            rt::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(matches!(next(&mut body), Some(Err(Stalled))), "it has not ended as if it were whole");
    }

    #[actix_web::test]
    async fn a_list_goes_with_its_answer() {
        let (list, kept) = endless();
        drop(Streamed::new(Vec::new(), list, policy::LIST_STALL));
        while Rc::strong_count(&kept) > 1 {
            rt::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
