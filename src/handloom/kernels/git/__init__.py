"""Git repositories of workspaces: the `git` program in processes that run nothing but git."""
