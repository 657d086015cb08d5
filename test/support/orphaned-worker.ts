// A worker must end when its test run was killed. Watchdogs then stop the processes that the worker has started.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
