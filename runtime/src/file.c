#include "file.h"
#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static rondo_status fail_errno(rondo_error *error, const char *path, int number) {
  /* The path leaves room for the reason. */
  return rondo_fail(error, RONDO_ERROR_FILE, "%.800s: %s", path, strerror(number));
}

/* Reads until the end, into memory that doubles. */
static rondo_status read_stream(int descriptor, const char *path, rondo_file *file, rondo_error *error) {
  size_t capacity = 1 << 16, bytes = 0;
  char *data = rondo_allocate(capacity);
  for (;;) {
    if (!data)
      return rondo_fail_memory(error, capacity);
    ssize_t got = read(descriptor, data + bytes, capacity - bytes);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      int number = errno;
      rondo_free(data);
      return fail_errno(error, path, number);
    }
    if (got == 0)
      break;
    bytes += (size_t)got;
    if (bytes < capacity)
      continue;
    if (capacity >= RONDO_STREAM_LIMIT) {
      rondo_free(data);
      return rondo_fail(error, RONDO_ERROR_FILE, "%s: not a regular file, and longer than %d MiB", path,
                        RONDO_STREAM_LIMIT >> 20);
    }
    capacity *= 2;
    char *larger = rondo_allocate(capacity);
    if (larger)
      memcpy(larger, data, bytes);
    rondo_free(data);
    data = larger;
  }
  file->data = (const unsigned char *)data;
  file->bytes = bytes;
  file->mapped = false;
  return RONDO_OK;
}

rondo_status rondo_file_open(const char *path, rondo_file *file, rondo_error *error) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return fail_errno(error, path, errno);
  struct stat info;
  rondo_status status;
  if (fstat(descriptor, &info) != 0) {
    status = fail_errno(error, path, errno);
  } else if (S_ISREG(info.st_mode) && info.st_size > 0) {
    if ((uintmax_t)info.st_size > PTRDIFF_MAX) {
      status = rondo_fail_memory(error, (uint64_t)info.st_size);
    } else {
      void *pages = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (pages == MAP_FAILED) {
        status = fail_errno(error, path, errno);
      } else {
        file->data = pages;
        file->bytes = (size_t)info.st_size;
        file->mapped = true;
        status = RONDO_OK;
      }
    }
  } else {
    status = read_stream(descriptor, path, file, error); /* a folder fails here */
  }
  close(descriptor);
  return status;
}

void rondo_file_close(rondo_file *file) {
  if (file->mapped)
    munmap((void *)file->data, file->bytes);
  else
    rondo_free((void *)file->data);
  file->data = NULL;
  file->bytes = 0;
  file->mapped = false;
}

rondo_status rondo_output_open(const char *path, rondo_output *output, rondo_error *error) {
  size_t room = strlen(path) + 40;
  struct stat info;
  output->path = path;
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) { /* a device or a pipe is written where it is */
    output->temporary = NULL;
    output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
    return output->descriptor >= 0 ? RONDO_OK : fail_errno(error, path, errno);
  }
  output->temporary = malloc(room);
  if (!output->temporary)
    return rondo_fail_memory(error, room);
  /* Not mkstemp: the file is to have the permissions that a new file has. */
  for (unsigned attempt = 0; attempt < 100; ++attempt) {
    snprintf(output->temporary, room, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
    output->descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->descriptor >= 0)
      return RONDO_OK;
    if (errno != EEXIST)
      break;
  }
  int number = errno;
  free(output->temporary);
  return fail_errno(error, path, number);
}

void rondo_output_abandon(rondo_output *output) {
  if (output->descriptor >= 0)
    close(output->descriptor);
  if (output->temporary)
    unlink(output->temporary);
  free(output->temporary);
}

rondo_status rondo_output_write(rondo_output *output, const void *data, uint64_t bytes, rondo_error *error) {
  const char *from = data;
  while (bytes) {
    size_t piece = bytes < (UINT64_C(1) << 30) ? (size_t)bytes : (size_t)1 << 30;
    ssize_t wrote = write(output->descriptor, from, piece);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0) {
      int number = wrote < 0 ? errno : EIO;
      rondo_output_abandon(output);
      return fail_errno(error, output->path, number);
    }
    from += wrote;
    bytes -= (uint64_t)wrote;
  }
  return RONDO_OK;
}

rondo_status rondo_output_finish(rondo_output *output, rondo_error *error) {
  int failed = close(output->descriptor);
  output->descriptor = -1;
  if (!failed && output->temporary)
    failed = rename(output->temporary, output->path);
  if (failed) {
    int number = errno;
    rondo_output_abandon(output);
    return fail_errno(error, output->path, number);
  }
  free(output->temporary);
  return RONDO_OK;
}

static rondo_status make_one_folder(const char *path, rondo_error *error) {
  struct stat info;
  if (mkdir(path, 0777) == 0)
    return RONDO_OK;
  int number = errno;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
    return RONDO_OK;
  return fail_errno(error, path, number == EEXIST ? ENOTDIR : number);
}

rondo_status rondo_make_folder(const char *path, rondo_error *error) {
  char *prefix = strdup(path);
  if (!prefix)
    return rondo_fail_memory(error, strlen(path));
  rondo_status status = RONDO_OK;
  for (char *slash = strchr(prefix + (*prefix == '/'), '/'); slash && !status;
       slash = strchr(slash + 1, '/')) {
    *slash = 0;
    status = make_one_folder(prefix, error);
    *slash = '/';
  }
  free(prefix);
  return status ? status : make_one_folder(path, error);
}
