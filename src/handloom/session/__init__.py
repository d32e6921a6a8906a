"""What runs inside the user's kernel. Imports nothing of the floors above; talks to the server over HTTP."""
