PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE head (
    version     INTEGER NOT NULL,  -- the newest log entry
    folded      INTEGER NOT NULL,  -- the entity tables show the state at this version
    last_number INTEGER NOT NULL,  -- the largest number given to an account, domain, host or client
    log_bytes   INTEGER NOT NULL,  -- octets of all entries
    id          INTEGER NOT NULL   -- the store's random name
) STRICT;
INSERT INTO head VALUES(37,31,12,21387,888195622304422419);
CREATE TABLE log (
    version INTEGER PRIMARY KEY,
    batch   INTEGER NOT NULL,      -- the commit's random name
    time    INTEGER NOT NULL,      -- microseconds since 1970
    actor   INTEGER,               -- an account's number; null is the operator, time itself, or somebody who had not
                                   -- signed in; 0 was erased
    origin  TEXT NOT NULL,
    changes TEXT NOT NULL,         -- JSON
    octets  INTEGER NOT NULL       -- of the changes, and with a commit's last entry of its zone differences
) STRICT;
INSERT INTO log VALUES(1,-2809712001663955896,1795361394342424,NULL,'cli','[{"account":{"after":{"number":1,"id":"ae199dea-01fe-44ba-a33b-9cf2ae905d30","login":"anna@mail.example","state":"active","role":"user","max_hosts":7,"max_domains":10,"language":"en","password":1237708776433077544,"created":1795361394342424,"updated":1795361394342424}}}]',271);
INSERT INTO log VALUES(2,1444997674721686399,1795361394385489,NULL,'cli','[{"account":{"after":{"number":2,"id":"5c26b321-35ac-49b8-a3f1-930e3d4f5154","login":"bert@mail.example","state":"active","role":"user","max_hosts":5,"max_domains":10,"language":"de","password":7104495396817520066,"created":1795361394385489,"updated":1795361394385489}}}]',271);
INSERT INTO log VALUES(3,-5291075052924777673,1795361394420623,NULL,'cli','[{"account":{"after":{"number":3,"id":"48ed3945-13a4-4ea0-b0c4-0f79e496c813","login":"root","state":"active","role":"operator","max_hosts":5,"max_domains":10,"language":"en","password":9854824067371919777,"created":1795361394420623,"updated":1795361394420623}}}]',262);
INSERT INTO log VALUES(4,-5789504740449341729,1795361394427574,NULL,'cli','[{"token":{"after":{"id":"a9df27b1-396b-4063-8279-edf185bd939e","account":1,"label":"Küche","scope":{"hosts":{"only":["home.*"]},"actions":{"update":true,"acme_challenge":false,"read":false,"manage":false},"networks":["192.0.2.0/24"],"end":1829921394427467},"secret":6352487858461934601,"created":1795361394427574}}}]',318);
INSERT INTO log VALUES(5,1594623066990081292,1795361394433224,NULL,'cli','[{"token":{"after":{"id":"24b138f8-76ed-4a77-b28e-2fc5a7e28c9f","account":2,"label":"all of it","scope":{"hosts":"all","actions":{"update":true,"acme_challenge":true,"read":true,"manage":true}},"secret":4195503646796701573,"created":1795361394433224}}}]',253);
INSERT INTO log VALUES(6,2645585845252843925,1795361394438610,NULL,'cli','[{"domain":{"after":{"number":4,"id":"1b98f41c-9e72-4ab8-8eac-5773e578e357","name":"dyn.example","shared":true,"email":"hostmaster@dyn.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"description":"Für alle","created":1795361394438610,"updated":1795361394438610}}}]',306);
INSERT INTO log VALUES(7,-3528310726605526548,1795361394444341,NULL,'cli','[{"domain":{"after":{"number":5,"id":"582e8d8e-bc9c-451b-b22f-d4fc990f2bc7","name":"anna.example","owner":1,"shared":false,"email":"anna@mail.example","ttl":7200,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394444341,"updated":1795361394444341}}}]',287);
INSERT INTO log VALUES(8,-7455592772370156984,1795361394450279,NULL,'cli','[{"domain":{"after":{"number":6,"id":"ce091103-04f4-44b3-9df8-8e550805494c","name":"quiet.example","owner":2,"shared":false,"email":"hostmaster@quiet.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394450279,"updated":1795361394450279}}}]',295);
INSERT INTO log VALUES(9,8354734423462907820,1795361394456253,NULL,'cli','[{"domain":{"after":{"number":7,"id":"7e7a9780-6cd1-4de9-b65f-aeafd3cbba2e","name":"gone.example","shared":false,"email":"hostmaster@gone.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394456253,"updated":1795361394456253}}}]',283);
INSERT INTO log VALUES(10,2369039694656066218,1795361394462299,NULL,'cli','[{"server":{"after":{"id":"075e0317-4939-4f48-bbfd-b5a6d5c185fb","name":"ns1.dyn.example","addresses":["192.0.2.53","2001:db8::53"],"created":1795361394462299}}}]',2069);
INSERT INTO log VALUES(11,7274036163821500908,1795361394468570,NULL,'cli','[{"server":{"after":{"id":"2a71ae52-b0b6-4cb9-a376-b8e301640142","name":"ns2.test","created":1795361394468570}}}]',1689);
INSERT INTO log VALUES(12,-9136190315563107691,1795361395577591,NULL,'cli','[{"host":{"after":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"ttl":60,"wildcard":true,"ipv4":"192.0.2.1","created":1795361395577591,"updated":1795361395577591}}}]',642);
INSERT INTO log VALUES(13,1101444312321957444,1795361395584829,NULL,'cli','[{"host":{"after":{"number":9,"name":"box.dyn.example","domain":4,"owner":2,"ttl":300,"ipv4":"192.0.2.2","ipv6":"2001:db8::2","created":1795361395584829,"updated":1795361395584829}}}]',650);
INSERT INTO log VALUES(14,-2803587662050936604,1795361395591489,NULL,'cli','[{"host":{"after":{"number":10,"name":"old.dyn.example","domain":4,"owner":2,"ttl":60,"ipv4":"192.0.2.3","created":1795361395591489,"updated":1795361395591489}}}]',555);
INSERT INTO log VALUES(15,5911735163017783354,1795361395598913,NULL,'cli','[{"host":{"after":{"number":11,"name":"anna.example","domain":5,"owner":1,"ttl":60,"ipv4":"192.0.2.4","created":1795361395598913,"updated":1795361395598913}}}]',541);
INSERT INTO log VALUES(16,-7818518739312217549,1795361395606333,NULL,'cli','[{"client":{"after":{"number":12,"key":"home:1","owner":1,"created":1795361395606333,"updated":1795361395606333}}}]',115);
INSERT INTO log VALUES(17,-3097182954817684052,1795361395614288,NULL,'cli','[{"host":{"before":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"ttl":60,"wildcard":true,"ipv4":"192.0.2.1","created":1795361395577591,"updated":1795361395577591},"after":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.1","created":1795361395577591,"updated":1795361395614288}}}]',357);
INSERT INTO log VALUES(18,-3829350825535087891,1795361396724431,NULL,'cli','[{"domain":{"before":{"number":4,"id":"1b98f41c-9e72-4ab8-8eac-5773e578e357","name":"dyn.example","shared":true,"email":"hostmaster@dyn.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"description":"Für alle","created":1795361394438610,"updated":1795361394438610},"after":{"number":4,"id":"1b98f41c-9e72-4ab8-8eac-5773e578e357","name":"dyn.example","shared":true,"email":"hostmaster@dyn.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":30},"description":"Für alle","offline_ipv4":"192.0.2.99","created":1795361394438610,"updated":1795361396724431}}}]',953);
INSERT INTO log VALUES(19,-7457381936235320742,1795361396732444,NULL,'cli','[{"client":{"before":{"number":12,"key":"home:1","owner":1,"created":1795361395606333,"updated":1795361395606333},"after":{"number":12,"key":"home:1","owner":1,"ipv4":"192.0.2.11","created":1795361395606333,"updated":1795361396732444}}},{"host":{"before":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.1","created":1795361395577591,"updated":1795361395614288},"after":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.11","created":1795361395577591,"updated":1795361396732444}}}]',1210);
INSERT INTO log VALUES(20,9149974934685546310,1795361396739656,NULL,'cli','[{"host":{"before":{"number":9,"name":"box.dyn.example","domain":4,"owner":2,"ttl":300,"ipv4":"192.0.2.2","ipv6":"2001:db8::2","created":1795361395584829,"updated":1795361395584829},"after":{"number":9,"name":"box.dyn.example","domain":4,"owner":2,"ttl":300,"offline":"manual","ipv4":"192.0.2.2","ipv6":"2001:db8::2","created":1795361395584829,"updated":1795361396739656}}}]',910);
INSERT INTO log VALUES(21,1979209112043316184,1795361396746803,NULL,'cli','[{"reservation":{"after":{"name":"old.dyn.example","owner":2,"end":1797953396746803}}},{"host":{"before":{"number":10,"name":"old.dyn.example","domain":4,"owner":2,"ttl":60,"ipv4":"192.0.2.3","created":1795361395591489,"updated":1795361395591489}}}]',642);
INSERT INTO log VALUES(22,7421622955059187248,1795361396753736,NULL,'cli','[{"domain":{"before":{"number":7,"id":"7e7a9780-6cd1-4de9-b65f-aeafd3cbba2e","name":"gone.example","shared":false,"email":"hostmaster@gone.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394456253,"updated":1795361394456253}}}]',284);
INSERT INTO log VALUES(23,147939787116744431,1795361396760928,NULL,'cli','[{"account":{"before":{"number":2,"id":"5c26b321-35ac-49b8-a3f1-930e3d4f5154","login":"bert@mail.example","state":"active","role":"user","max_hosts":5,"max_domains":10,"language":"de","password":7104495396817520066,"created":1795361394385489,"updated":1795361394385489},"after":{"number":2,"id":"5c26b321-35ac-49b8-a3f1-930e3d4f5154","login":"bert@mail.example","state":"active","role":"user","max_hosts":5,"max_domains":3,"language":"de","password":7104495396817520066,"created":1795361394385489,"updated":1795361396760928}}}]',527);
INSERT INTO log VALUES(24,8266834153720422515,1795361396768171,NULL,'cli','[{"host":{"before":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.11","created":1795361395577591,"updated":1795361396732444},"after":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.12","created":1795361395577591,"updated":1795361396768171}}}]',977);
INSERT INTO log VALUES(25,-8507415578041576962,1800000007000000,NULL,'battery','[{"settings":{"before":{"ns_addresses":[],"reserved_labels":["_acme-challenge","autoconfig","autodiscover","dns","ftp","imap","isatap","localhost","mail","mta-sts","ns","ns1","ns2","ns3","ns4","pop","pop3","postmaster","smtp","wpad","www"],"public_addresses_only":false,"reservation_days":30,"sign_up":"closed","mail":false},"after":{"ns_addresses":[],"reserved_labels":["_acme-challenge","autoconfig","autodiscover","dns","ftp","imap","isatap","localhost","mail","mta-sts","ns","ns1","ns2","ns3","ns4","pop","pop3","postmaster","smtp","wpad","www"],"public_addresses_only":false,"reservation_days":9,"sign_up":"confirm","mail":true}}}]',636);
INSERT INTO log VALUES(26,5141943647439474313,1800000014000000,NULL,'battery','[{"server_key":{"after":{"secret":41,"created":1800000014000000}}}]',67);
INSERT INTO log VALUES(27,3530831066270688096,1800000021000000,NULL,'battery','[{"peer":{"after":{"address":"192.0.2.54","transfer":true,"notify":false}}}]',76);
INSERT INTO log VALUES(28,3049549564998531193,1800000028000000,NULL,'battery','[{"record":{"after":{"id":"fedc0000-0000-0000-0000-000000000001","domain":5,"name":"www.anna.example","type":"A","data":"192.0.2.80","ttl":300,"description":"Größe","version":1,"created":1800000028000000}}}]',597);
INSERT INTO log VALUES(29,-3143634842079096407,1800000035000000,NULL,'battery','[{"record":{"after":{"id":"fedc0000-0000-0000-0000-000000000002","domain":5,"name":"anna.example","type":"MX","data":"10 mail.test.","version":1,"created":1800000035000000}}}]',564);
INSERT INTO log VALUES(30,-1170636753700706952,1800000042000000,NULL,'battery','[{"record":{"after":{"id":"fedc0000-0000-0000-0000-000000000003","domain":5,"name":"t.anna.example","type":"TXT","data":"\"two\" \"strings\"","ttl":60,"version":1,"created":1800000042000000}}}]',589);
INSERT INTO log VALUES(31,3474653226857095251,1800000049000000,NULL,'battery','[{"record":{"after":{"id":"fedc0000-0000-0000-0000-000000000004","domain":5,"name":"t.anna.example","type":"TXT","data":"left","ttl":120,"version":1,"created":1800000049000000}}}]',561);
INSERT INTO log VALUES(32,8663563176656091772,1800000056000000,NULL,'battery','[{"record":{"after":{"id":"fedc0000-0000-0000-0000-000000000005","domain":5,"name":"t.anna.example","type":"TXT","data":"right","version":1,"created":1800000056000000}}}]',554);
INSERT INTO log VALUES(33,6844785842071541809,1800000063000000,NULL,'battery','[{"record":{"before":{"id":"fedc0000-0000-0000-0000-000000000002","domain":5,"name":"anna.example","type":"MX","data":"10 mail.test.","version":1,"created":1800000035000000},"after":{"id":"fedc0000-0000-0000-0000-000000000002","domain":5,"name":"anna.example","type":"MX","data":"20 mail.test.","version":2,"created":1800000035000000,"updated":1800000063000000}}}]',824);
INSERT INTO log VALUES(34,8172634736731321148,1800000070000000,NULL,'battery','[{"challenge":{"after":{"host":"home.dyn.example","value":"proof-of-control","end":1800003670000000}}}]',522);
INSERT INTO log VALUES(35,-4874617875439899336,1800000077000000,NULL,'battery','[{"record":{"before":{"id":"fedc0000-0000-0000-0000-000000000004","domain":5,"name":"t.anna.example","type":"TXT","data":"left","ttl":120,"version":1,"created":1800000049000000}}}]',562);
INSERT INTO log VALUES(36,-7550163548961285534,1800000084000000,NULL,'battery','[{"mail":{"after":{"id":"fedc0000-0000-0000-0000-000000000006","kind":"reset-password","account":2,"to":"bert@mail.example","attempts":0,"next":1800000084000000,"created":1800000084000000}}}]',191);
INSERT INTO log VALUES(37,-276464826013572963,1800000084000000,NULL,'battery','[{"host":{"before":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.12","created":1795361395577591,"updated":1795361396768171},"after":{"number":8,"name":"home.dyn.example","domain":4,"owner":1,"client":12,"ttl":60,"wildcard":true,"ipv4":"192.0.2.33","created":1795361395577591,"updated":1800000084000000}}}]',977);
CREATE TABLE entities (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    body TEXT NOT NULL,            -- JSON
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
INSERT INTO entities VALUES('account','0000000001','{"number":1,"id":"ae199dea-01fe-44ba-a33b-9cf2ae905d30","login":"anna@mail.example","state":"active","role":"user","max_hosts":7,"max_domains":10,"language":"en","password":1237708776433077544,"created":1795361394342424,"updated":1795361394342424}');
INSERT INTO entities VALUES('account','0000000002','{"number":2,"id":"5c26b321-35ac-49b8-a3f1-930e3d4f5154","login":"bert@mail.example","state":"active","role":"user","max_hosts":5,"max_domains":3,"language":"de","password":7104495396817520066,"created":1795361394385489,"updated":1795361396760928}');
INSERT INTO entities VALUES('account','0000000003','{"number":3,"id":"48ed3945-13a4-4ea0-b0c4-0f79e496c813","login":"root","state":"active","role":"operator","max_hosts":5,"max_domains":10,"language":"en","password":9854824067371919777,"created":1795361394420623,"updated":1795361394420623}');
INSERT INTO entities VALUES('client','0000000012','{"number":12,"key":"home:1","owner":1,"ipv4":"192.0.2.11","created":1795361395606333,"updated":1795361396732444}');
INSERT INTO entities VALUES('domain','0000000004','{"number":4,"id":"1b98f41c-9e72-4ab8-8eac-5773e578e357","name":"dyn.example","shared":true,"email":"hostmaster@dyn.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":30},"description":"Für alle","offline_ipv4":"192.0.2.99","created":1795361394438610,"updated":1795361396724431}');
INSERT INTO entities VALUES('domain','0000000005','{"number":5,"id":"582e8d8e-bc9c-451b-b22f-d4fc990f2bc7","name":"anna.example","owner":1,"shared":false,"email":"anna@mail.example","ttl":7200,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394444341,"updated":1795361394444341}');
INSERT INTO entities VALUES('domain','0000000006','{"number":6,"id":"ce091103-04f4-44b3-9df8-8e550805494c","name":"quiet.example","owner":2,"shared":false,"email":"hostmaster@quiet.example","ttl":3600,"timers":{"refresh":3600,"retry":600,"expire":1209600,"minimum":60},"created":1795361394450279,"updated":1795361394450279}');
INSERT INTO entities VALUES('peer','192.0.2.54','{"address":"192.0.2.54","transfer":true,"notify":false}');
INSERT INTO entities VALUES('reservation','old.dyn.example','{"name":"old.dyn.example","owner":2,"end":1797953396746803}');
INSERT INTO entities VALUES('server','ns1.dyn.example','{"id":"075e0317-4939-4f48-bbfd-b5a6d5c185fb","name":"ns1.dyn.example","addresses":["192.0.2.53","2001:db8::53"],"created":1795361394462299}');
INSERT INTO entities VALUES('server','ns2.test','{"id":"2a71ae52-b0b6-4cb9-a376-b8e301640142","name":"ns2.test","created":1795361394468570}');
INSERT INTO entities VALUES('server_key','','{"secret":41,"created":1800000014000000}');
INSERT INTO entities VALUES('settings','','{"ns_addresses":[],"reserved_labels":["_acme-challenge","autoconfig","autodiscover","dns","ftp","imap","isatap","localhost","mail","mta-sts","ns","ns1","ns2","ns3","ns4","pop","pop3","postmaster","smtp","wpad","www"],"public_addresses_only":false,"reservation_days":9,"sign_up":"confirm","mail":true}');
INSERT INTO entities VALUES('token','24b138f8-76ed-4a77-b28e-2fc5a7e28c9f','{"id":"24b138f8-76ed-4a77-b28e-2fc5a7e28c9f","account":2,"label":"all of it","scope":{"hosts":"all","actions":{"update":true,"acme_challenge":true,"read":true,"manage":true}},"secret":4195503646796701573,"created":1795361394433224}');
INSERT INTO entities VALUES('token','a9df27b1-396b-4063-8279-edf185bd939e','{"id":"a9df27b1-396b-4063-8279-edf185bd939e","account":1,"label":"Küche","scope":{"hosts":{"only":["home.*"]},"actions":{"update":true,"acme_challenge":false,"read":false,"manage":false},"networks":["192.0.2.0/24"],"end":1829921394427467},"secret":6352487858461934601,"created":1795361394427574}');
CREATE TABLE hosts (
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    domain    INTEGER NOT NULL,
    owner     INTEGER NOT NULL,
    client    INTEGER,
    ttl       INTEGER NOT NULL,
    wildcard  INTEGER NOT NULL,
    offline   INTEGER NOT NULL,    -- 0 no, 1 manual, 2 missed
    ipv4      TEXT,
    ipv6      TEXT,
    suffix    TEXT,                -- JSON
    heartbeat INTEGER,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL
) STRICT;
INSERT INTO hosts VALUES(8,'home.dyn.example',4,1,12,60,1,0,'192.0.2.12',NULL,NULL,NULL,1795361395577591,1795361396768171);
INSERT INTO hosts VALUES(9,'box.dyn.example',4,2,NULL,300,0,1,'192.0.2.2','2001:db8::2',NULL,NULL,1795361395584829,1795361396739656);
INSERT INTO hosts VALUES(11,'anna.example',5,1,NULL,60,0,0,'192.0.2.4',NULL,NULL,NULL,1795361395598913,1795361395598913);
CREATE TABLE records (
    id          TEXT PRIMARY KEY,
    domain      INTEGER NOT NULL,
    owner       INTEGER,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    data        TEXT NOT NULL,
    ttl         INTEGER,
    description TEXT,
    version     INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER,
    UNIQUE (name, type, data)
) STRICT;
INSERT INTO records VALUES('fedc0000-0000-0000-0000-000000000001',5,NULL,'www.anna.example','A','192.0.2.80',300,'Größe',1,1800000028000000,NULL);
INSERT INTO records VALUES('fedc0000-0000-0000-0000-000000000002',5,NULL,'anna.example','MX','10 mail.test.',NULL,NULL,1,1800000035000000,NULL);
INSERT INTO records VALUES('fedc0000-0000-0000-0000-000000000003',5,NULL,'t.anna.example','TXT','"two" "strings"',60,NULL,1,1800000042000000,NULL);
INSERT INTO records VALUES('fedc0000-0000-0000-0000-000000000004',5,NULL,'t.anna.example','TXT','left',120,NULL,1,1800000049000000,NULL);
CREATE TABLE secrets (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    secret BLOB NOT NULL
) STRICT;
INSERT INTO secrets VALUES(-8591920006337631839,'password',X'246172676f6e32696424763d3139246d3d31393435362c743d322c703d312470732f526f4a643374454377465735386d51456b3867244c7032706266774445394b6d355731313545514c494437306a5a4b556b7579577a594f73582f30756a6341');
INSERT INTO secrets VALUES(41,'server-key',X'0000000000000029000000000000002900000000000000290000000000000029');
INSERT INTO secrets VALUES(1237708776433077544,'password',X'246172676f6e32696424763d3139246d3d31393435362c743d322c703d31246247363055622b4832426a5143517845492f41583967246f474456424969696c7a4e33794a575a703165724a364d764e34516a56703074636f4438787448337a4277');
INSERT INTO secrets VALUES(4195503646796701573,'token',X'2f34d6038edc9c8bd14727d636bbfcc90558bcbb66bd1c9ba964ee572c313ecd');
INSERT INTO secrets VALUES(6352487858461934601,'token',X'f1c6e259caa98d692f0033a58ce817437bb03d0cda81b4084b3ed76b627ffe8e');
INSERT INTO secrets VALUES(7104495396817520066,'password',X'246172676f6e32696424763d3139246d3d31393435362c743d322c703d31243849374e6a5546336f7465796553556c5749424d374124745671717a623548786d626a452b7972694641352b767662382b6f2f58775455464c76436866454b4d5338');
CREATE TABLE zone_heads (
    domain INTEGER PRIMARY KEY,
    serial INTEGER NOT NULL
) STRICT;
INSERT INTO zone_heads VALUES(4,1800000084);
INSERT INTO zone_heads VALUES(5,1800000077);
INSERT INTO zone_heads VALUES(6,1795361396);
CREATE TABLE retired_zones (
    name   TEXT PRIMARY KEY,
    serial INTEGER NOT NULL        -- where it stood when the zone was removed
) STRICT, WITHOUT ROWID;
INSERT INTO retired_zones VALUES('gone.example',1795361396);
CREATE TABLE zone_differences (
    domain      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    from_serial INTEGER NOT NULL,
    to_serial   INTEGER NOT NULL,
    body        TEXT NOT NULL,     -- JSON
    PRIMARY KEY (domain, version)
) STRICT, WITHOUT ROWID;
INSERT INTO zone_differences VALUES(4,10,1795361394,1795361395,'{"domain":4,"from":1795361394,"to":1795361395,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361394 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361395 3600 600 1209600 60"},{"owner":"ns1.dyn.example","ttl":3600,"type":"A","data":"192.0.2.53"},{"owner":"ns1.dyn.example","ttl":3600,"type":"AAAA","data":"2001:db8::53"}]}');
INSERT INTO zone_differences VALUES(4,11,1795361395,1795361396,'{"domain":4,"from":1795361395,"to":1795361396,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361395 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"NS","data":"ns2.test."},{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361396 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(4,12,1795361396,1795361397,'{"domain":4,"from":1795361396,"to":1795361397,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361396 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361397 3600 600 1209600 60"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.1"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.1"}]}');
INSERT INTO zone_differences VALUES(4,13,1795361397,1795361398,'{"domain":4,"from":1795361397,"to":1795361398,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361397 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361398 3600 600 1209600 60"},{"owner":"box.dyn.example","ttl":300,"type":"A","data":"192.0.2.2"},{"owner":"box.dyn.example","ttl":300,"type":"AAAA","data":"2001:db8::2"}]}');
INSERT INTO zone_differences VALUES(4,14,1795361398,1795361399,'{"domain":4,"from":1795361398,"to":1795361399,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361398 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361399 3600 600 1209600 60"},{"owner":"old.dyn.example","ttl":60,"type":"A","data":"192.0.2.3"}]}');
INSERT INTO zone_differences VALUES(4,18,1795361399,1795361400,'{"domain":4,"from":1795361399,"to":1795361400,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361399 3600 600 1209600 60"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361400 3600 600 1209600 30"}]}');
INSERT INTO zone_differences VALUES(4,19,1795361400,1795361401,'{"domain":4,"from":1795361400,"to":1795361401,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361400 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.1"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.1"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361401 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.11"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.11"}]}');
INSERT INTO zone_differences VALUES(4,20,1795361401,1795361402,'{"domain":4,"from":1795361401,"to":1795361402,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361401 3600 600 1209600 30"},{"owner":"box.dyn.example","ttl":300,"type":"A","data":"192.0.2.2"},{"owner":"box.dyn.example","ttl":300,"type":"AAAA","data":"2001:db8::2"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361402 3600 600 1209600 30"},{"owner":"box.dyn.example","ttl":300,"type":"A","data":"192.0.2.99"}]}');
INSERT INTO zone_differences VALUES(4,21,1795361402,1795361403,'{"domain":4,"from":1795361402,"to":1795361403,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361402 3600 600 1209600 30"},{"owner":"old.dyn.example","ttl":60,"type":"A","data":"192.0.2.3"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361403 3600 600 1209600 30"}]}');
INSERT INTO zone_differences VALUES(4,24,1795361403,1795361404,'{"domain":4,"from":1795361403,"to":1795361404,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361403 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.11"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.11"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361404 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.12"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.12"}]}');
INSERT INTO zone_differences VALUES(4,34,1795361404,1800000070,'{"domain":4,"from":1795361404,"to":1800000070,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1795361404 3600 600 1209600 30"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1800000070 3600 600 1209600 30"},{"owner":"_acme-challenge.home.dyn.example","ttl":60,"type":"TXT","data":"proof-of-control"}]}');
INSERT INTO zone_differences VALUES(4,37,1800000070,1800000084,'{"domain":4,"from":1800000070,"to":1800000084,"removed":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1800000070 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.12"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.12"}],"added":[{"owner":"dyn.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.dyn.example. 1800000084 3600 600 1209600 30"},{"owner":"home.dyn.example","ttl":60,"type":"A","data":"192.0.2.33"},{"owner":"*.home.dyn.example","ttl":60,"type":"A","data":"192.0.2.33"}]}');
INSERT INTO zone_differences VALUES(5,10,1795361394,1795361395,'{"domain":5,"from":1795361394,"to":1795361395,"removed":[{"owner":"anna.example","ttl":7200,"type":"NS","data":"ns1.anna.example."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.anna.example. anna.mail.example. 1795361394 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"NS","data":"ns1.dyn.example."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361395 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(5,11,1795361395,1795361396,'{"domain":5,"from":1795361395,"to":1795361396,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361395 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"NS","data":"ns2.test."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361396 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(5,15,1795361396,1795361397,'{"domain":5,"from":1795361396,"to":1795361397,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361396 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":60,"type":"A","data":"192.0.2.4"},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361397 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(5,28,1795361397,1800000028,'{"domain":5,"from":1795361397,"to":1800000028,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1795361397 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000028 3600 600 1209600 60"},{"owner":"www.anna.example","ttl":300,"type":"A","data":"192.0.2.80"}]}');
INSERT INTO zone_differences VALUES(5,29,1800000028,1800000035,'{"domain":5,"from":1800000028,"to":1800000035,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000028 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"MX","data":"10 mail.test."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000035 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(5,30,1800000035,1800000042,'{"domain":5,"from":1800000035,"to":1800000042,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000035 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000042 3600 600 1209600 60"},{"owner":"t.anna.example","ttl":60,"type":"TXT","data":"\"two\" \"strings\""}]}');
INSERT INTO zone_differences VALUES(5,31,1800000042,1800000049,'{"domain":5,"from":1800000042,"to":1800000049,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000042 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000049 3600 600 1209600 60"},{"owner":"t.anna.example","ttl":120,"type":"TXT","data":"left"}]}');
INSERT INTO zone_differences VALUES(5,32,1800000049,1800000056,'{"domain":5,"from":1800000049,"to":1800000056,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000049 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000056 3600 600 1209600 60"},{"owner":"t.anna.example","ttl":7200,"type":"TXT","data":"right"}]}');
INSERT INTO zone_differences VALUES(5,33,1800000056,1800000063,'{"domain":5,"from":1800000056,"to":1800000063,"removed":[{"owner":"anna.example","ttl":7200,"type":"MX","data":"10 mail.test."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000056 3600 600 1209600 60"}],"added":[{"owner":"anna.example","ttl":7200,"type":"MX","data":"20 mail.test."},{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000063 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(5,35,1800000063,1800000077,'{"domain":5,"from":1800000063,"to":1800000077,"removed":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000063 3600 600 1209600 60"},{"owner":"t.anna.example","ttl":120,"type":"TXT","data":"left"}],"added":[{"owner":"anna.example","ttl":7200,"type":"SOA","data":"ns1.dyn.example. anna.mail.example. 1800000077 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(6,10,1795361394,1795361395,'{"domain":6,"from":1795361394,"to":1795361395,"removed":[{"owner":"quiet.example","ttl":3600,"type":"NS","data":"ns1.quiet.example."},{"owner":"quiet.example","ttl":3600,"type":"SOA","data":"ns1.quiet.example. hostmaster.quiet.example. 1795361394 3600 600 1209600 60"}],"added":[{"owner":"quiet.example","ttl":3600,"type":"NS","data":"ns1.dyn.example."},{"owner":"quiet.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.quiet.example. 1795361395 3600 600 1209600 60"}]}');
INSERT INTO zone_differences VALUES(6,11,1795361395,1795361396,'{"domain":6,"from":1795361395,"to":1795361396,"removed":[{"owner":"quiet.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.quiet.example. 1795361395 3600 600 1209600 60"}],"added":[{"owner":"quiet.example","ttl":3600,"type":"NS","data":"ns2.test."},{"owner":"quiet.example","ttl":3600,"type":"SOA","data":"ns1.dyn.example. hostmaster.quiet.example. 1795361396 3600 600 1209600 60"}]}');
CREATE TABLE soft (
    key  TEXT PRIMARY KEY,
    body TEXT NOT NULL             -- JSON
) STRICT, WITHOUT ROWID;
INSERT INTO soft VALUES('host:8','{"last_contact":1800000084000000}');
COMMIT;
