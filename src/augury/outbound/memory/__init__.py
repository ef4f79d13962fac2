"""Every port in memory, transactional like the database.

The tests use all of it, and the contract suites hold it to the same promises as PostgreSQL. In production,
`augury up` without RabbitMQ uses three of its modules: the queue, its dead letters, and the events.
"""
