"""TradingView's broker emulator for one bar: orders, fills, lots, margin. No loop over bars, no strategy."""
