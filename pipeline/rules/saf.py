"""SAF: safe to hand to a person or an agent."""
