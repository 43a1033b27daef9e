"""The words of an order: directions. What an order does is the broker's business."""

LONG = 1
SHORT = -1
