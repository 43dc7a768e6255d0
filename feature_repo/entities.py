"""Whom and what features are about; the join keys are the ids that the shop gave."""

from feast import Entity, ValueType

customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING, description="A person who buys.")
product = Entity(name="product", join_keys=["product_id"], value_type=ValueType.STRING, description="A listing.")
seller = Entity(name="seller", join_keys=["seller_id"], value_type=ValueType.STRING, description="A shop.")
device = Entity(name="device", join_keys=["device_id"], value_type=ValueType.STRING, description="A browser, as a keyed hash.")
session = Entity(name="session", join_keys=["session_id"], value_type=ValueType.STRING, description="A visit.")
