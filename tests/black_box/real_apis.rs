//! REST APIs that others wrote, or wrote the framework of: each operation is called directly, over
//! REST and over MCP, and says the same.

mod alike;
mod documented;
mod fastapi;
mod httpbin;
