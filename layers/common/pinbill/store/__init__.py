"""The DynamoDB table: keys, items, conditions."""
