# orders.awk - SQL that takes over orders a hundred at a time, as they arrive, changes some and asks about all.
# Usage: awk -v n=ORDERS -v x=SEED -f orders.awk

function below(limit)
{
	x = x * 16807 % 2147483647
	return x % limit
}

BEGIN {
	print "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, item TEXT, amount INTEGER, state TEXT);"
	print "CREATE INDEX by_customer ON orders (customer);"
	for (i = 1; i <= n; i++) {
		if (i % 100 == 1)
			print "BEGIN;"
		customer = below(n / 10)
		item = below(500)
		printf "INSERT INTO orders VALUES (%d, %d, 'item-%d', %d, 'new');\n", i, customer, item, 1 + below(100)
		if (i % 100 == 0)
			print "COMMIT;"
	}
	for (i = 0; i < 20; i++)
		printf "UPDATE orders SET state = 'sent' WHERE customer = %d;\n", below(n / 10)
	print "SELECT item, count(*), sum(amount) AS whole FROM orders GROUP BY item ORDER BY whole DESC, item LIMIT 20;"
	print "SELECT 'checked', count(*), sum(amount * id), sum(state = 'sent') FROM orders;"
}
