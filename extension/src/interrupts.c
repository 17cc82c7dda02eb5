/*
 * interrupts.c: cancel, timeouts and termination while Python runs.
 *
 * PostgreSQL's signal handlers only set flags. Ours stand before them: they see to it that the main
 * thread gets the signal, call PostgreSQL's, and while Python runs they wake it, whose own check of signals (between bytecodes, and after
 * EINTR in sleeping or waiting) runs on_interrupt(). It raises Cancelled, Python unwinds, and the
 * outermost C frame lets PostgreSQL say what happened.
 *
 * Code that catches even that ("except BaseException") gets it again every NAG_MS, and after
 * POLITE_RAISES of them at every check, so that it cannot stay in a loop.
 */
#include "host.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/ipc.h"

#define NAG_MS 40
#define POLITE_RAISES 5
#define PATIENCE_MS 1000		/* with what ends something while an interrupt is pending, ... */
#define EXIT_PATIENCE_MS 2000	/* ... or at the end of the backend, when nobody could interrupt it */

PyObject   *exclave_cancelled = NULL;

static const int watched[] = {SIGINT, SIGTERM, SIGUSR1, SIGALRM};
static struct sigaction postgres_action[lengthof(watched)];
static volatile sig_atomic_t in_python = 0;
static volatile sig_atomic_t is_child = 0;	/* a copy of the backend, that Python made by fork */
static sigset_t mask_before;	/* of signals, when Python was entered */
static pthread_t main_thread;
static timer_t nag_timer;
static int	raises = 0;			/* since Python was entered */
static bool releasing = false;	/* nobody hears of exceptions, so they may be raised any time */
static int64 patient_until = 0; /* milliseconds: what is pending waits so long; 0 if nothing is */

/* Wakes Python again; this handler stays, as PostgreSQL has no use for its signal. */
static void
on_nag(int number)
{
	int			saved_errno = errno;

	if (in_python && (InterruptPending || patient_until != 0))
		PyErr_SetInterruptEx(SIGINT);
	errno = saved_errno;
}

static void
set_nag(int milliseconds)
{
	struct itimerspec every = {
		.it_interval = {.tv_nsec = milliseconds * 1000000L},
		.it_value = {.tv_nsec = milliseconds * 1000000L},
	};

	timer_settime(nag_timer, 0, &every, NULL);
}

/* Makes Python unwind, and sees to it that it does. */
static PyObject *
raise_cancelled(void)
{
	if (++raises == 1)
		set_nag(NAG_MS);
	if (raises > POLITE_RAISES)
		PyErr_SetInterruptEx(SIGINT);
	PyErr_SetString(exclave_cancelled, "PostgreSQL asks for the end of the statement");
	return NULL;
}

static int64
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lets PostgreSQL note the signal, then wakes Python if it runs and has something to act on. */
static void
on_signal(int number)
{
	int			saved_errno = errno;

	if (getpid() != MyProcPid)
	{
		signal(number, SIG_DFL);	/* a child that has not even begun */
		raise(number);
		return;
	}
	if (!pthread_equal(pthread_self(), main_thread))
	{
		pthread_kill(main_thread, number);	/* a library's thread got what was meant for us */
		errno = saved_errno;
		return;
	}
	for (int i = 0; i < lengthof(watched); i++)
		if (watched[i] == number && postgres_action[i].sa_handler != SIG_IGN &&
			postgres_action[i].sa_handler != SIG_DFL)
			postgres_action[i].sa_handler(number);
	if (in_python && InterruptPending)
		PyErr_SetInterruptEx(SIGINT);
	errno = saved_errno;
}

/*
 * Puts our handler before PostgreSQL's, whose it keeps if that is new. Without SA_RESTART in Python,
 * as a wait there must end.
 */
static void
stand_before(int flags, bool keep)
{
	struct sigaction ours;
	struct sigaction before;

	memset(&ours, 0, sizeof(ours));
	ours.sa_handler = on_signal;
	ours.sa_flags = flags;
	sigemptyset(&ours.sa_mask);
	for (int i = 0; i < lengthof(watched); i++)
	{
		sigaction(watched[i], &ours, &before);
		if (keep && before.sa_handler != on_signal)
			postgres_action[i] = before;
	}
}

/* In a process that was forked off: signals are not PostgreSQL's there. */
static void
become_child(void)
{
	is_child = 1;
	for (int i = 0; i < lengthof(watched); i++)
		signal(watched[i], SIG_DFL);
}

/* Called by Python where it checks for signals: says whether Python shall go on. */
static PyObject *
on_interrupt(PyObject *self, PyObject *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool good = true;
	bool		was_in_python;

	if (patient_until != 0)
	{
		if (milliseconds() >= patient_until)
			return raise_cancelled();
		Py_RETURN_NONE;
	}
	/* an error, or the end of the session: not from here, but when Python has unwound */
	if (releasing && (QueryCancelPending || EXCLAVE_SESSION_ENDS()))
		return raise_cancelled();
	if (!InterruptPending || InterruptHoldoffCount > 0 || CritSectionCount > 0)
		Py_RETURN_NONE;
	if (EXCLAVE_SESSION_ENDS())
		return raise_cancelled();
	if (QueryCancelPending)
	{
		if (QueryCancelHoldoffCount == 0)
			return raise_cancelled();
		Py_RETURN_NONE;
	}
	was_in_python = exclave_pause_python();
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		exclave_raise_postgres_error(context);
		good = false;
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	if (!good)
		return NULL;
	Py_RETURN_NONE;
}

static PyMethodDef interrupt_method = {"on_interrupt", on_interrupt, METH_VARARGS, NULL};

static void
prepare_nag(void)
{
	struct sigaction action;
	struct sigevent event;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_nag;
	sigemptyset(&action.sa_mask);
	sigaction(SIGVTALRM, &action, NULL);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGVTALRM;
	if (timer_create(CLOCK_MONOTONIC, &event, &nag_timer) != 0)
		elog(ERROR, "could not create a timer: %m");
}

/* Tells Python whom to call for SIGINT; the handler that it sets for that is taken back. */
void
exclave_prepare_interrupts(void)
{
	struct sigaction saved;
	PyObject   *module;
	PyObject   *function;
	PyObject   *done = NULL;

	prepare_nag();
	main_thread = pthread_self();
	stand_before(SA_RESTART, true);
	if (pthread_atfork(NULL, NULL, become_child) != 0)
		elog(ERROR, "out of memory");
	exclave_cancelled = PyErr_NewExceptionWithDoc("_exclave_host.Cancelled",
												  "PostgreSQL asked for the end of the statement.",
												  PyExc_BaseException, NULL);
	sigaction(SIGINT, NULL, &saved);
	module = PyImport_ImportModule("signal");
	function = PyCFunction_New(&interrupt_method, NULL);
	if (module != NULL && function != NULL)
		done = PyObject_CallMethod(module, "signal", "iO", SIGINT, function);
	sigaction(SIGINT, &saved, NULL);
	Py_XDECREF(module);
	Py_XDECREF(function);
	Py_XDECREF(done);
	if (done == NULL || exclave_cancelled == NULL)
		exclave_throw();
}

void
exclave_enter_python(void)
{
	Assert(!in_python);
	in_python = 1;
	pthread_sigmask(SIG_BLOCK, NULL, &mask_before);
	stand_before(0, true);
	if (InterruptPending)
		PyErr_SetInterruptEx(SIGINT);	/* it came before we could see it */
	if (patient_until != 0)
		set_nag(NAG_MS);
	exclave_limit_memory();
}

/* What Python or a library did to handlers is undone. A child must never come back from Python. */
void
exclave_leave_python(void)
{
	if (is_child)
		_exit(EXIT_FAILURE);
	exclave_unlimit_memory();
	if (raises > 0 || patient_until != 0)
		set_nag(0);
	raises = 0;
	in_python = 0;
	stand_before(SA_RESTART, false);
	pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
}

/* For a function that Python calls and that calls PostgreSQL. */
bool
exclave_pause_python(void)
{
	if (!in_python)
		return false;
	exclave_leave_python();
	return true;
}

void
exclave_resume_python(bool was_in_python)
{
	if (was_in_python)
		exclave_enter_python();
}

/* The same two for giving references back, which may happen while interrupts are held. */
void
exclave_enter_release(void)
{
	exclave_enter_python();
	exclave_extend_memory();
	releasing = true;
}

void
exclave_leave_release(void)
{
	releasing = false;
	exclave_leave_python();
	exclave_forget_error();		/* nobody would throw it */
}

/*
 * For what ends a session's transaction, which PostgreSQL does not let be interrupted. An interrupt
 * that comes while it runs ends it; one that is pending already shall not have it fail at once.
 */
void
exclave_enter_finishing(void)
{
	if (proc_exit_inprogress)
		patient_until = milliseconds() + EXIT_PATIENCE_MS;
	else if (QueryCancelPending || EXCLAVE_SESSION_ENDS())
		patient_until = milliseconds() + PATIENCE_MS;
	exclave_enter_release();
}

void
exclave_leave_finishing(void)
{
	releasing = false;
	exclave_leave_python();
	patient_until = 0;
}

bool
exclave_is_releasing(void)
{
	return releasing;
}

bool
exclave_in_main_thread(void)
{
	return pthread_equal(pthread_self(), main_thread);
}
