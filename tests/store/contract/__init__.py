"""The contract of a storage backend: what `litemem/store/protocol.py` promises, as tests.

A backend's test class runs all of it in three lines:

    class TestPostgres(StoreContract):
        @pytest.fixture
        def store(self) -> Iterator[Store]: ...  # lend an empty store, and close it
"""

from store.contract.memories import MemoriesContract
from store.contract.turns import TurnsContract
from store.contract.upkeep import UpkeepContract


class StoreContract(MemoriesContract, TurnsContract, UpkeepContract):
    """Every test gets an empty `store`."""
