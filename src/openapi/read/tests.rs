//! What is read out of whole documents.
