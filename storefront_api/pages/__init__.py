"""The pages people see: server-rendered, over the same services as the API, working without any build step."""
