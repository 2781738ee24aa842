//! Every limit, once. Frontends, rules, error texts and test generators read the number from here.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Octets of a domain name on the wire, root label included (RFC 1035, section 2.3.4).
pub const NAME_WIRE_MAX: usize = 255;
/// Octets of one label (RFC 1035, section 2.3.4).
pub const LABEL_MAX: usize = 63;
/// Octets of one TXT character-string (RFC 1035, section 3.3).
pub const CHARACTER_STRING_MAX: usize = 255;
/// Octets of the whole text of one TXT record.
pub const TXT_MAX: usize = 4_096;
/// Octets of a record's data of a type that sets no bound itself. The wire's bound is 65,535, but so a set of ten fits one
/// answer, and none of the types needs more: a whole certificate, or keys of encrypted hellos, have some thousand.
pub const RDATA_MAX: usize = 4_096;
/// Octets of a login.
pub const LOGIN_MAX: usize = 254;
/// Octets of a password; longer ones would let a caller buy hashing time.
pub const PASSWORD_MAX: usize = 1_024;
/// Characters of a password that a person may choose.
pub const PASSWORD_MIN: usize = 8;
/// Octets of a token's label.
pub const TOKEN_LABEL_MAX: usize = 64;
/// Characters of a description.
pub const DESCRIPTION_MAX: usize = 160;
/// Characters of a name, an e-mail address, a record's data or a key's secret, where a frontend asks for the smaller bound.
pub const NARROW_TEXT_MAX: usize = 255;
/// Octets of a client key (clients dialect).
pub const CLIENT_KEY_MAX: usize = 64;
/// Octets of one ACME challenge value; a SHA-256 digest needs 43.
pub const CHALLENGE_MAX: usize = 255;
/// Characters of a SHA-256 digest as such a value has it: base64url without padding.
pub const CHALLENGE_DIGEST_LEN: usize = 43;
/// The label in front of a host's name under which its challenge values are (RFC 8555, section 8.4).
pub const CHALLENGE_LABEL: &str = "_acme-challenge";
/// Challenge values that one host may hold at a time.
pub const CHALLENGES_PER_HOST: usize = 10;
/// Challenge values that one host keeps where nobody clears them: its own and its wildcard's.
pub const CHALLENGES_KEPT: usize = 2;
/// Hosts that an account may hold, unless its quota says otherwise.
pub const HOSTS_PER_ACCOUNT: u32 = 5;
/// Domains that an account may hold, unless its quota says otherwise: one that signed up by itself begins with none.
pub const DOMAINS_PER_ACCOUNT: u32 = 10;
/// Tokens that one account may hold.
pub const TOKENS_PER_ACCOUNT: usize = 100;
/// Tokens that one token may make which may not make tokens otherwise.
pub const TOKENS_PER_TOKEN: usize = 10;
/// Clients that one account may hold.
pub const CLIENTS_PER_ACCOUNT: usize = 100;
/// Entries in a token's list of hosts or networks.
pub const SCOPE_ENTRIES: usize = 100;
/// Records in one RRset.
pub const RECORDS_PER_RRSET: usize = 100;
/// Records in one RRset where a frontend asks for the smaller bound, unless the account's quota says otherwise.
pub const RECORDS_PER_NARROW_RRSET: u32 = 20;
/// Unmanaged records in one domain, unless the account's quota says otherwise.
pub const RECORDS_PER_DOMAIN: u32 = 500;
/// RRsets in one domain, unless the account's quota says otherwise.
pub const RRSETS_PER_DOMAIN: u32 = 500;
/// Name servers of the service.
pub const SERVERS: usize = 13;
/// Addresses of one name server.
pub const SERVER_ADDRESSES: usize = 16;
/// Hosts in one update of a list of hosts.
pub const HOSTS_PER_UPDATE: usize = 20;
/// CNAME records followed in one answer.
pub const CNAME_CHAIN: usize = 8;
/// Days for which a freed name in a shared domain stays reserved for its last owner.
pub const RESERVATION_DAYS: u16 = 30;
/// Seconds that a challenge value lives, unless the operator says otherwise.
pub const CHALLENGE_LIFE_SECS: u32 = 3_600;
/// Seconds that an operator may let a challenge value live.
pub const CHALLENGE_LIFE_RANGE: RangeInclusive<u32> = 60..=7 * 86_400;
/// Seconds for which a host or client with a heartbeat may be silent.
pub const HEARTBEAT_SECS: RangeInclusive<u32> = 60..=30 * 86_400;
/// Seconds that a challenge's TXT record may be cached.
pub const CHALLENGE_TTL: u32 = 60;
/// Accounts that wait to be confirmed at a time: strangers make them.
pub const UNCONFIRMED: usize = 10_000;
/// How long an unconfirmed account may wait for its confirmation.
pub const UNCONFIRMED_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// How long a link works that chooses a new password or confirms a new address.
pub const LINK_LIFE: Duration = Duration::from_secs(3_600);
/// Mails that wait in the outbox; beyond it nothing that needs a mail is taken.
pub const MAILS: usize = 10_000;
/// The pause before a mail is tried again for the first time; each further one is twice as long.
pub const MAIL_RETRY: Duration = Duration::from_secs(60);
/// The longest such pause.
pub const MAIL_RETRY_MAX: Duration = Duration::from_secs(6 * 3_600);
/// How long a mail is tried before it is given up (RFC 5321, section 4.5.4.1).
pub const MAIL_LIFE: Duration = Duration::from_secs(4 * 86_400);
/// The longest time for which nothing is sent after the relay failed; the first is [`MAIL_RETRY`], each further one twice
/// as long.
pub const MAIL_PAUSE_MAX: Duration = Duration::from_secs(900);
/// A conversation with the relay is begun within this: its address, the connection, TLS, the greeting, signing in.
pub const MAIL_CONNECT: Duration = Duration::from_secs(60);
/// The relay answers a command within this (RFC 5321, section 4.5.3.2).
pub const MAIL_COMMAND: Duration = Duration::from_secs(300);
/// The relay takes a whole mail within this; giving up earlier would send mails twice (RFC 5321, section 4.5.3.2.6).
pub const MAIL_TAKEN: Duration = Duration::from_secs(600);
/// Mails handed over in one conversation; relays end long ones.
pub const MAILS_PER_CONVERSATION: usize = 50;
/// How long the mail under way may still take when the server stops.
pub const MAIL_STOP: Duration = Duration::from_secs(5);
/// How often the outbox looks at the clock, which may have been set.
pub const MAIL_LOOK: Duration = Duration::from_secs(30);
/// Characters of a relay's reply that are logged.
pub const RELAY_WORDS: usize = 300;
/// Octets of the base URL: a whole link that begins with it fits a line of a mail (RFC 5322, section 2.1.1).
pub const BASE_URL_MAX: usize = 512;
/// Octets of the file of those who vouch for the relay: a whole system's are some hundred thousand.
pub const MAIL_CA_MAX: u64 = 1 << 20;
/// Sign-ups and requests for a new password that one network may make in an hour: an IPv4 address, an IPv6 /64.
pub const STRANGERS_PER_HOUR: u32 = 20;
/// Mails that strangers may cause in an hour for one login.
pub const MAILS_PER_LOGIN: u32 = 5;
/// How many networks' share an IPv6 /56 may use.
pub const STRANGERS_PER_SITE: u32 = 4;
/// Mails that strangers may cause and accounts that they may make in an hour, all together. It bounds what is counted, too.
pub const STRANGERS_OVERALL: u32 = 1_000;
/// How long an answer takes that must not tell whether an account exists.
pub const QUIET_ANSWER: Duration = Duration::from_millis(500);

/// Octets of an HTTP request body.
pub const BODY_MAX: usize = 64 * 1024;
/// Depth of a JSON document.
pub const JSON_DEPTH: usize = 32;
/// Octets of a URL.
pub const URL_MAX: usize = 4 * 1024;
/// Octets of a UDP answer, and what we announce by EDNS(0) (DNS flag day 2020).
pub const UDP_ANSWER_MAX: u16 = 1_232;
/// Octets of a UDP answer to a client without EDNS(0) (RFC 1035, section 2.3.4).
pub const UDP_PLAIN_MAX: u16 = 512;
/// DNS connections over TCP at a time.
pub const TCP_CONNECTIONS: usize = 10_000;
/// DNS connections over TCP at a time from one address.
pub const TCP_PER_ADDRESS: usize = 100;
/// The first message on a TCP connection arrives within this.
pub const TCP_FIRST: Duration = Duration::from_secs(5);
/// Silence on a TCP connection before it is closed.
pub const TCP_IDLE: Duration = Duration::from_secs(10);
/// Octets of one request over TCP: a question takes some hundred at most, with room for what extensions may add.
pub const TCP_REQUEST_MAX: u16 = 4_096;
/// One answer on a TCP connection is taken within this.
pub const TCP_WRITE: Duration = Duration::from_secs(2);
/// A TLS handshake is done within this.
pub const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// TLS handshakes under way at a time.
pub const TLS_HANDSHAKES: usize = 512;
/// TLS handshakes under way at a time from one IPv4 address or one IPv6 /64.
pub const TLS_HANDSHAKES_PER_NETWORK: usize = 64;
/// The age from which a TLS handshake gives way to another where there are too many.
pub const TLS_HANDSHAKE_OLD: Duration = Duration::from_secs(1);
/// Octets of a file with a certificate or a key.
pub const TLS_FILE_MAX: u64 = 1 << 20;
/// How often the files of a certificate are looked at.
pub const TLS_LOOK: Duration = Duration::from_secs(1);
/// How long a caller that took a TLS port for plain HTTP may take to read that it is not.
pub const TLS_FAREWELL: Duration = Duration::from_secs(1);
/// When to try again where an hour's share is used up: in the next hour.
pub const RETRY_LIMITED: Duration = Duration::from_secs(3_600);
/// When to try again where too many are waiting.
pub const RETRY_BUSY: Duration = Duration::from_secs(1);
/// When to try again where the service cannot answer.
pub const RETRY_UNAVAILABLE: Duration = Duration::from_secs(10);
/// How long browsers may keep what only a new release changes.
pub const RELEASED_LIFE: Duration = Duration::from_secs(86_400);

/// How often an edit is made anew from what is there, where others change that meanwhile; then the service is busy.
pub const EDIT_TRIES: usize = 8;
/// Commands waiting for the writer; one more is answered "busy" at once.
pub const QUEUE: usize = 4_096;
/// Changes that may be made in an hour under one credential, a token or an account's password, over all dialects; repeats
/// that change nothing are not counted. A host that moves every second, or a script that makes some thousand records, stays
/// below it.
pub const CHANGES_PER_HOUR: u32 = 10_000;
/// Changes that may be made in an hour from one network, an IPv4 address or an IPv6 /64, under all credentials together:
/// many customers may sit behind one address.
pub const CHANGES_PER_NETWORK: u32 = 100_000;
/// Credentials, and networks, whose changes are counted at a time.
pub const COUNTED_MAX: usize = 100_000;
/// Commands decided and committed together at most.
pub const BATCH: usize = 512;
/// Passwords hashed at a time, on half of the processors at most.
pub const HASHES_AT_ONCE: usize = 2;
/// How much password hashing gives way to all other work on the machine, as `nice` counts: it gets a tenth where others want
/// everything.
pub const HASH_NICENESS: i32 = 10;
/// Callers waiting for a password hash; one more is answered "busy" at once.
pub const HASH_QUEUE: usize = 64;
/// Verified credentials remembered.
pub const VERIFIED_MAX: u64 = 10_000;
/// How long a verified credential is remembered.
pub const VERIFIED_LIFE: Duration = Duration::from_secs(600);
/// Sign-ins of one login from one network that may fail in a row; each is forgotten after [`FAILURE_LEAK_PAIR`].
pub const FAILURES_PER_PAIR: u32 = 10;
/// How long it takes until one failure of a login from one network is forgotten.
pub const FAILURE_LEAK_PAIR: Duration = Duration::from_secs(60);
/// Sign-ins from one network that may fail in a row, an IPv4 address or an IPv6 /64; each is forgotten after
/// [`FAILURE_LEAK_NETWORK`].
pub const FAILURES_PER_NETWORK: u32 = 300;
/// How long it takes until one failure of a network is forgotten.
pub const FAILURE_LEAK_NETWORK: Duration = Duration::from_secs(1);
/// Sign-ins of one login that may fail in a row, from all networks together from which it has not signed in for long; each
/// is forgotten after [`FAILURE_LEAK_LOGIN`].
pub const FAILURES_PER_LOGIN: u32 = 100;
/// How long it takes until one failure of a login is forgotten.
pub const FAILURE_LEAK_LOGIN: Duration = Duration::from_secs(6);
/// How often a login whose failures are too many is looked at all the same, once from each region: an IPv4 /24 or an IPv6 /48.
pub const FIRST_LOOK_EVERY: Duration = Duration::from_secs(600);
/// Such looks at one login in a row, from all regions together; each is forgotten after [`FIRST_LOOK_LEAK`].
pub const FIRST_LOOKS_PER_LOGIN: u32 = 10;
/// How long it takes until one such look at a login is forgotten.
pub const FIRST_LOOK_LEAK: Duration = Duration::from_secs(6);
/// Logins, networks and pairs of them whose failures are kept; beyond it those go first that have failed least.
pub const FAILURES_KEPT: usize = 131_072;
/// How long an answer is held back that refuses to look at a password.
pub const HELD: Duration = Duration::from_millis(1_500);
/// Answers that are held back at a time; one more is given at once.
pub const HELD_ANSWERS: usize = 1_024;
/// Wrong credentials remembered.
pub const WRONG_MAX: u64 = 10_000;
/// Networks remembered from which a login has signed in.
pub const FAMILIAR_MAX: u64 = 10_000;
/// How long they are remembered.
pub const FAMILIAR_LIFE: Duration = Duration::from_secs(30 * 86_400);
/// When to try again where too many sign-ins have failed.
pub const RETRY_SIGN_IN: Duration = Duration::from_secs(60);
/// How often an idle server looks for other processes' changes.
pub const CATCH_UP_EVERY: Duration = Duration::from_millis(40);
/// How often soft state is flushed.
pub const SOFT_EVERY: Duration = Duration::from_secs(60);
/// How often refusals are flushed, if there are any: whoever looks for one does so in another process, a moment after it.
pub const REFUSALS_EVERY: Duration = Duration::from_secs(2);
/// Hosts whose last refusal is held between two flushes.
pub const REFUSALS_MAX: usize = 10_000;
/// Missed heartbeats that one command takes up; the next ones do the rest.
pub const MISSED_AT_ONCE: usize = 256;
/// How long a missed heartbeat may wait while commands do: its sign of life may be among them.
pub const MISSED_GRACE: Duration = Duration::from_secs(10);
/// For how long a server may be held up before that time no longer counts as time in which it has listened.
pub const AWAY: Duration = Duration::from_secs(5);
/// When to try again where missed heartbeats could not be stored.
pub const MISSED_RETRY: Duration = Duration::from_secs(1);
/// Objects whose soft state is held between two flushes.
pub const SOFT_MAX: usize = 100_000;
/// Log entries behind which the file store's entity tables may stay.
pub const FOLD_ENTRIES: usize = 8_192;
/// How long log entries are kept.
pub const HISTORY_LIFE: Duration = Duration::from_secs(90 * 86_400);
/// Octets of log that are kept.
pub const HISTORY_BYTES: u64 = 1 << 30;
/// Log entries, or differences of a zone, that one transaction erases at most: some hundredths of a second.
pub const ERASE_AT_ONCE: usize = 500;
/// Octets of a database that an erasure writes anew beside a running server: half a second.
pub const ERASE_ANEW_MAX: u64 = 64 << 20;
/// How often an erasure tries to empty the journal while others read it, and to have its turn while others write.
pub const ERASE_TRIES: u32 = 20;
/// Rows of one page of a list.
pub const PAGE: usize = 100;
/// Rows of one page of a list at most.
pub const PAGE_MAX: usize = 1_000;
/// Within this a caller takes the next part of a long list; until then the state that it is read from is kept.
pub const LIST_STALL: Duration = Duration::from_secs(30);
/// Characters of a calling program's name that are kept with a refusal.
pub const AGENT_MAX: usize = 128;
/// Hosts with which one refused call leaves its reason.
pub const NOTES_PER_CALL: usize = 1_000;
/// Characters of what a refused call said that are kept with its reason.
pub const SHOWN_MAX: usize = 64;
/// Seconds since the epoch of the last moment that RFC 3339 can write: the end of the year 9999.
pub const MOMENT_MAX: u64 = 253_402_300_799;
/// Characters of the reason for which a call was refused.
pub const SENTENCE_MAX: usize = 512;
