"""The log of a copy that ends is read to its last line."""

from types import SimpleNamespace as Thing

from acceptance.drivers.services.last_lines import lines_until_end


class Log:
    """A log that gets its last line when its pod is deleted."""

    def __init__(self):
        self.text, self.released = b"started\n", False

    @property
    def data(self):
        return self.text

    def release_conn(self):
        self.released = True


def test_what_is_written_at_the_end_is_read():
    log, deleted = Log(), []

    def follow(name, place, **how):
        assert how["follow"] and not how["_preload_content"] and not deleted
        return log

    def delete(name, place, grace_period_seconds):
        assert grace_period_seconds > 1
        deleted.append((name, place))
        log.text += b"debug: closing\n"

    core = Thing(read_namespaced_pod_log=follow, delete_namespaced_pod=delete)
    copy = Thing(
        namespace=Thing(name="default", cluster=Thing(core=core)),
        pod=lambda: Thing(metadata=Thing(name="backend-1")),
    )
    assert lines_until_end(copy) == ["started", "debug: closing"]
    assert deleted == [("backend-1", "default")] and log.released
