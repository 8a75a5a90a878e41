//! REST APIs that others wrote, or wrote the framework of: each operation is called directly, over
//! REST and over MCP, and says the same.

mod alike;
mod fastapi;
mod httpbin;
