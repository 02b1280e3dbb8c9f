"""SyncNet, the speaker stage of 2019: a network of the user's own, between what is put in and what is made of it."""
