/* Programs whose output trace reads. */
#include "cmd/ctl/trace/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static int
spawn(struct child *child, const char *const words[], int input, int output)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);
	if (error != 0)
		return error;
	if (input < 0)
		error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	else
		error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawnp(&child->pid, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
child_start(struct child *child, const char *const words[], int input)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	int error = spawn(child, words, input, ends[1]);
	close(ends[1]);
	child->output = ends[0];
	if (error != 0)
		close(ends[0]);
	return error;
}

int
child_finish(struct child *child)
{
	int status = 0;
	close(child->output);
	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
