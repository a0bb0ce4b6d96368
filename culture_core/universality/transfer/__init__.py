"""Transfer: what a GPT's SAE finds in the states of another GPT, mapped into its own."""
