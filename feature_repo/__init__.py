"""The only definition of a feature for models; `retrieval` is the only caller of Feast at run time."""
