-- Each change of a job's state is written to every index that holds the state. Two of them are not needed: there are never
-- many running jobs to look through, and a job that ended before some time was due before it.

ALTER TABLE jobs DROP KEY IF EXISTS leases, DROP KEY IF EXISTS finished;
