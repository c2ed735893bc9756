"""From a master copy to what students get."""
