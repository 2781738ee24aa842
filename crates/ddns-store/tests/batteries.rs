//! The battery on every backend.

mod memory {
    use ddns_store::battery::Opener;
    use ddns_store::{MemoryStore, Store};

    fn make() -> Opener {
        let store = MemoryStore::new();
        Box::new(move || Box::new(store.clone()) as Box<dyn Store>)
    }

    ddns_store::battery!(make);
}

mod file {
    use ddns_store::battery::Opener;
    use ddns_store::{FileStore, Store};

    /// A file store in a directory of its own that folds after so many entries; none folds as programs do.
    fn folding(every: Option<usize>) -> Opener {
        let directory = tempfile::tempdir().unwrap();
        Box::new(move || {
            let store = FileStore::open(directory.path()).unwrap();
            match every {
                Some(every) => Box::new(store.fold_every(every)) as Box<dyn Store>,
                None => Box::new(store),
            }
        })
    }

    mod folding_in_every_commit {
        ddns_store::battery!(|| super::folding(Some(0)));
    }

    mod folding_after_three {
        ddns_store::battery!(|| super::folding(Some(3)));
    }

    mod folding_rarely {
        ddns_store::battery!(|| super::folding(None));
    }
}
