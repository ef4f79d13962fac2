"""The pages for people: server-rendered, over the same use cases as the API."""
