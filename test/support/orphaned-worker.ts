// A worker whose run was killed would go on for nobody; the watchdogs then stop what it had started.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
