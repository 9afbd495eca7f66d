"""From alerts to messages: who is told of what, when, and why not. The shell is `dispatcher`; the rest is pure."""
