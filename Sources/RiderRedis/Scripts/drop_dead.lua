#!lua flags=allow-oom
-- Removes dead letters, some at a time.
--
-- KEYS root
-- ARGV ids
-- Writes dead. Returns how many were there.
return drop_dead(ARGV)
