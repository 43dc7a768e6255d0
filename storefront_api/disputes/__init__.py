"""What comes back of orders long after checkout: chargebacks of banks and disputes of customers, which become labels."""
