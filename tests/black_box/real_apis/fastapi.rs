//! A FastAPI app.
