// A worker must end when its run was killed. The watchdogs then stop the processes that it has started.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
